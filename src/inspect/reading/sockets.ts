/** Sockets that listen on a host, as the checks of ports see them. */
export interface Socket {
  protocol: 'tcp' | 'udp';
  /** `*` for every address, of IPv4, IPv6 or both; else an address without brackets and zone. */
  address: string;
  port: number;
  /** Program, where the host tells it: that takes root. */
  program?: string;
}

/** Sockets that are read; of more, somebody may have opened those in front. */
const most = 5000;

/** Prints `ss` lines, or those of /proc/net; and the range from which sockets get ports by chance. */
export const socketsProbe = `
{ read -r low high </proc/sys/net/ipv4/ip_local_port_range; } 2>/dev/null && echo "range $low $high"
if has ss; then
  echo source ss
  ss -l -n -t -u -p 2>/dev/null | head -n ${most + 2} | cut -c 1-400
else
  [ -r /proc/net/tcp ] || deny "/proc/net/tcp cannot be read"
  echo source proc
  echo "order $(printf '\\001\\002' | od -An -t x2 | tr -d ' ')"
  for file in tcp tcp6 udp udp6; do
    [ -r "/proc/net/$file" ] || continue
    case $file in tcp*) state=0A ;; *) state=07 ;; esac
    echo "file $file"
    grep -E "^ *[0-9]+: [0-9A-F]+:[0-9A-F]+ [0-9A-F]+:[0-9A-F]+ $state " "/proc/net/$file" | head -n ${most + 1} | cut -c 1-100
  done
fi
exit 0`;

/** undefined: the host did not tell, or what it told is not understood. */
export function socketsOf(
  lines: readonly string[],
): { sockets: Socket[]; byChance: { low: number; high: number } } | undefined {
  const range = /^range (\d+)\s+(\d+)$/.exec(lines.find((line) => line.startsWith('range ')) ?? '');
  const at = lines.findIndex((line) => /^source (ss|proc)$/.test(line));
  if (at < 0) return undefined;
  const rows = lines.slice(at + 1);
  if (rows.length > most) return undefined;
  const sockets = lines[at] === 'source ss' ? fromSs(rows) : fromProc(rows);
  if (!sockets) return undefined;
  const seen = new Map(sockets.map((socket) => [nameOf(socket), socket]));
  const byChance = range ? { low: Number(range[1]), high: Number(range[2]) } : { low: 32_768, high: 60_999 };
  return { sockets: [...seen.values()].sort(byName), byChance };
}

/** `tcp *:22`, `udp 127.0.0.1:323`, `tcp [::1]:631`: how a socket is written. */
export function nameOf({ protocol, address, port }: Socket): string {
  return `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Whether only the host itself reaches it. */
export function isLoopback({ address }: Socket): boolean {
  return /^127\./.test(address) || address === '::1' || /^::ffff:127\./.test(address);
}

function byName(a: Socket, b: Socket): number {
  return a.protocol.localeCompare(b.protocol) || a.port - b.port || (a.address < b.address ? -1 : 1);
}

function addressOf(text: string): string {
  const bare = text
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return ['0.0.0.0', '::', '', '*'].includes(bare) ? '*' : bare;
}

function fromSs(rows: readonly string[]): Socket[] | undefined {
  if (!/^Netid\s+State\s/.test(rows[0] ?? '')) return undefined;
  const found: Socket[] = [];
  for (const row of rows.slice(1)) {
    const match = /^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S*?):(\d+)\s+\S+(?:\s+users:\(\("([^"]*)")?/.exec(row);
    if (!match) return undefined;
    const [, protocol, address = '', port, program] = match;
    found.push({
      protocol: protocol as Socket['protocol'],
      address: addressOf(address),
      port: Number(port),
      ...(program === undefined ? {} : { program }),
    });
  }
  return found;
}

function fromProc(rows: readonly string[]): Socket[] | undefined {
  const order = rows[0];
  if (order !== 'order 0201' && order !== 'order 0102') return undefined;
  const found: Socket[] = [];
  let protocol: Socket['protocol'] | undefined;
  for (const row of rows.slice(1)) {
    const file = /^file (tcp|udp)6?$/.exec(row);
    if (file) {
      protocol = file[1] as Socket['protocol'];
      continue;
    }
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) /.exec(row);
    if (!match || protocol === undefined) return undefined;
    found.push({
      protocol,
      address: addressOf(fromHex(match[1]!, order === 'order 0201')),
      port: Number.parseInt(match[2]!, 16),
    });
  }
  return protocol === undefined ? undefined : found;
}

/** The kernel prints addresses by words of 32 bits in the order of the machine. */
function fromHex(hex: string, littleEndian: boolean): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => {
    const four = (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    return littleEndian ? four.toReversed() : four;
  });
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  const mapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  if (mapped) return `::ffff:${bytes.slice(12).join('.')}`;
  // As inet_ntop writes it: the longest run of zeros, of two or more, is left out.
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  if (!longest) return groups.join(':');
  const text = groups.join(':');
  const [head, tail] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${head.replace(/:$/, '')}::${tail.replace(/^:/, '')}`;
}
