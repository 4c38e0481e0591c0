import { z } from 'zod';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*$/, { error: 'not a name or address of a host' })
    .describe('Name or address that is tried from the inspected host.'),
  ports: z.array(z.int().min(1).max(65_535)).min(1).max(200).describe('TCP ports that are tried, one after the other.'),
  open: z
    .array(z.int().min(1).max(65_535))
    .default([])
    .describe('Those that should answer; every other one must not. Empty: nothing may be reachable.'),
  wait: z.int().min(1).max(30).default(3).describe('Seconds for each port.'),
});
type With = z.infer<typeof withSchema>;

/**
 * Which ports of a machine answer to the inspected host: a host outside of the firewalls tells what the world can reach (IN-08). A port that
 * answers with a refusal is not open, and a name that is not known is no proof that nothing is.
 */
export const reach: HostCheckType<With> = {
  name: 'reach',
  place: 'host',
  title: { en: 'Ports that can be reached from the host', 'zh-CN': '从主机可访问的端口' },
  withSchema,
  probe: `
host=$1 wait=$2
shift 2
count=$((count - 2))
way=
if has nc && nc -h 2>&1 | grep -q -- -z; then way=nc
elif has ncat; then way=ncat
elif has bash && has timeout; then way=bash
elif has python3; then way=python3
elif has nc && has timeout; then way=plain
else deny "the host has none of nc, ncat, bash with timeout, python3"
fi
echo "way $way"
# A name that cannot be looked up would make every port look closed.
case $host in
  *[!0-9.]*) case $host in
    *:*) ;;
    *) if has getent; then getent hosts "$host" >/dev/null || deny "$host cannot be looked up on the host"; fi ;;
  esac ;;
esac
# Only these words say that nothing answers. Whatever else is said, the way does not work here, or the host has no network.
tell() {
  case $1 in 0) echo "open $2"; return ;; esac
  case $3 in
    *refused* | *imed\\ out* | *TIMEOUT* | *o\\ route\\ to\\ host* | *ost\\ is\\ unreachable* | *eset\\ by\\ peer*) echo "closed $2" ;;
    *) printf 'unknown %s %s\\n' "$2" "$(printf '%s\\n' "$3" | tail -n 1 | cut -c 1-200)" ;;
  esac
}
while [ "$count" -gt 0 ]; do
  case $way in
    nc) said=$(nc -z -v -w "$wait" "$host" "$1" 2>&1) ;;
    ncat) said=$(ncat -z -v -w "$wait" "$host" "$1" 2>&1) ;;
    bash) said=$(timeout "$wait" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$1" 2>&1) ;;
    python3) said=$(python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))' "$host" "$1" "$wait" 2>&1) ;;
    plain) said=$(timeout "$((wait + 2))" nc -w "$wait" "$host" "$1" </dev/null 2>&1 >/dev/null) ;;
  esac
  code=$?
  # Ended from outside: bash while it waited, nc while it was connected.
  case $way.$code in
    bash.124 | bash.143) said="timed out" ;;
    plain.124 | plain.143) code=0 ;;
  esac
  tell "$code" "$1" "$said"
  shift
  count=$((count - 1))
done`,
  words: ({ host, ports, wait }) => [host, String(wait), ...ports.map(String)],
  judge({ host, ports, open }, { lines }) {
    const found = new Map<number, boolean>();
    for (const line of lines) {
      const match = /^(open|closed) (\d+)$/.exec(line);
      if (match) found.set(Number(match[2]), match[1] === 'open');
    }
    const reasons = new Map(
      lines.flatMap((line) => {
        const [, port, why] = /^unknown (\d+) (.*)$/.exec(line) ?? [];
        return port === undefined ? [] : [[Number(port), why] as const];
      }),
    );
    const unknown = ports.filter((port) => !found.has(port));
    const why = unknown.map((port) => reasons.get(port)).find((one) => one);
    if (why !== undefined)
      return { state: 'error', message: `the host cannot tell whether port ${unknown[0]} answers: ${why}` };
    if (unknown.length > 0)
      return { state: 'error', message: `the host did not say whether port ${unknown[0]} answers` };
    const wrongOpen = ports.filter((port) => found.get(port) && !open.includes(port));
    const wrongClosed = ports.filter((port) => !found.get(port) && open.includes(port));
    if (wrongOpen.length > 0)
      return {
        state: 'fail',
        message: `${host} can be reached on port ${wrongOpen.join(', ')}`,
        next: 'Close it on the firewall, or name it in "open" when it is meant.',
        details: wrongClosed.map((port) => `port ${port} does not answer`),
      };
    if (wrongClosed.length > 0)
      return { state: 'fail', message: `${host} does not answer on port ${wrongClosed.join(', ')}` };
    return {
      state: 'pass',
      message: `${host}: ${ports.length} ports tried, open are only those that should be (${open.length})`,
    };
  },
};
