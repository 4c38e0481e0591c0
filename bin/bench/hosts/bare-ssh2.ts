import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

// The least that runs `true` on hosts with the package ssh2: PORT USER KEY_FILE KNOWN_HOSTS ADDRESS...
const [port, user, keyFile, knownHosts, ...addresses] = process.argv.slice(2);
const privateKey = readFileSync(keyFile!);
const known = new Map(
  readFileSync(knownHosts!, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, , key]) => [name, Buffer.from(key!, 'base64')]),
);

async function runTrue(host: string): Promise<number> {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    const hostVerifier = (key: Buffer) => known.get(`[${host}]:${port}`)?.equals(key) ?? false;
    client.connect({ host, port: Number(port), username: user!, privateKey, hostVerifier });
  });
  const code = await new Promise<number>((resolve, reject) =>
    client.exec('true', (error, channel) => {
      if (error) return reject(error);
      let ended = -1;
      channel.once('exit', (exitCode: number) => {
        ended = exitCode;
      });
      channel.once('close', () => resolve(ended));
      channel.resume();
    }),
  );
  client.end();
  return code;
}

const codes = await Promise.all(addresses.map(runTrue));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
