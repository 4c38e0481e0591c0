/** Finer than Node.js can set a time: it takes seconds as a double and cuts it to microseconds (libuv, `uv_fs_futime`). */
export function isFine(mtimeNs: bigint): boolean {
  return mtimeNs % 1000n !== 0n;
}
