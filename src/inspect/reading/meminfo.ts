/** Probe of the checks of memory and swap. Reading line by line takes no further process. */
export const meminfoProbe = `
{ while read -r key value unit; do
  case $key in
    MemTotal:|MemFree:|MemAvailable:|Buffers:|Cached:|SReclaimable:|Shmem:|SwapTotal:|SwapFree:|SwapCached:)
      echo "$key $value $unit" ;;
  esac
done </proc/meminfo; } 2>/dev/null || deny "/proc/meminfo cannot be read"`;

/** Bytes by name; undefined: a line is not one of /proc/meminfo. */
export function meminfo(lines: readonly string[]): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  for (const line of lines) {
    const match = /^(\w+): (\d{1,15}) kB$/.exec(line);
    if (!match) return undefined;
    found.set(match[1]!, Number(match[2]) * 1024);
  }
  return found;
}
