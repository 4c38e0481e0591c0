import { type Attributes, patternsOf } from './attributes.ts';
import { type Convert, given } from './host-tests.ts';

const fromHere = 'here it is asked from the machine that runs oaops, not from the host';

const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT'];

const dnsTest: Convert = (key, attributes) => {
  const written = attributes.text('resolve') ?? key;
  const [, prefix, rest] = /^([A-Z]{1,6}):(.+)$/.exec(written) ?? [];
  const name = rest ?? written;
  const exists = attributes.flag('resolvable') ?? attributes.flag('resolveable') ?? true;
  const server = attributes.text('server');
  const timeout = duration(attributes);
  const addresses = attributes.list('addrs', ['consist-of', 'contain-elements', 'contain-element']);
  if (prefix !== undefined && !recordTypes.includes(prefix)) {
    attributes.note(`records of the type ${prefix} cannot be checked here, and are left out`);
    return [];
  }
  attributes.note('here name servers are asked from the machine that runs oaops, and /etc/hosts is not read');
  if (!exists) return [{ check: 'dns', with: given({ name, type: prefix, exists: false, server, timeout }) }];
  const match = addresses?.matcher === 'consist-of' ? undefined : 'some';
  const items = addresses?.items ?? [];
  // Without a type, Goss looks for addresses of both kinds.
  const parts = prefix
    ? [{ type: prefix, values: items }]
    : [
        { type: undefined, values: items.filter((item) => !item.includes(':')) },
        { type: 'AAAA', values: items.filter((item) => item.includes(':')) },
      ].filter(({ type, values }) => values.length > 0 || (items.length === 0 && type === undefined));
  return parts.map(({ type, values }) => ({
    check: 'dns',
    with: given({ name, type, server, timeout, values, match: values.length > 0 ? match : undefined }),
  }));
};

const httpTest: Convert = (key, attributes) => {
  const url = attributes.text('url') ?? key;
  attributes.note(fromHere);
  if (attributes.flag('allow-insecure') === true)
    attributes.note('"allow-insecure" is left out: give the authority of the certificate as caFile');
  for (const name of ['username', 'password'])
    if (attributes.raw(name) !== undefined)
      attributes.note(`"${name}" is left out: write basicAuth with a reference to a secret`);
  const status = attributes.number('status');
  const headers = headersOf(attributes);
  const body = patternsOf(attributes.list('body', ['contain-elements', 'and'])?.items ?? [], attributes);
  const expectHeaders = Object.fromEntries(
    (attributes.list('headers', ['contain-elements', 'and'])?.items ?? []).flatMap((line) => {
      const [, name, value = ''] = /^([\w-]+):\s*(.*)$/s.exec(line) ?? [];
      if (name === undefined) attributes.note(`the pattern ${line} is left out`);
      return name === undefined ? [] : [[name, value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')]];
    }),
  );
  return [
    {
      check: 'http',
      with: given({
        url,
        method: attributes.text('method'),
        status: status === undefined ? undefined : [status],
        followRedirects: attributes.flag('no-follow-redirects') === true ? undefined : true,
        timeout: duration(attributes),
        headers: Object.keys(headers).length > 0 ? headers : undefined,
        body: attributes.text('request-body'),
        caFile: attributes.text('ca-file'),
        expectHeaders: Object.keys(expectHeaders).length > 0 ? expectHeaders : undefined,
        ...body,
      }),
    },
  ];
};

/** Headers that may hold a secret are not written into a runbook. */
function headersOf(attributes: Attributes): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of attributes.list('request-headers')?.items ?? []) {
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/s.exec(line) ?? [];
    if (name === undefined) attributes.note('a header that is not understood is left out');
    else if (/auth|cookie|token|key|secret/i.test(name))
      attributes.note(`the header ${name} is left out: write it with a reference to a secret`);
    else headers[name] = value;
  }
  return headers;
}

const addressTest: Convert = (key, attributes) => {
  const [, protocol, host, port] =
    /^(?:(\w+):\/\/)?\[?([^/]+?)\]?:(\d+)$/.exec(attributes.text('address') ?? key) ?? [];
  const reachable = attributes.flag('reachable') ?? true;
  const timeoutMs = attributes.number('timeout');
  if (host === undefined || (protocol !== undefined && !/^tcp[46]?$/.test(protocol))) {
    attributes.note('only addresses of TCP can be checked here; it is left out');
    return [];
  }
  const wait = timeoutMs === undefined ? undefined : Math.min(30, Math.max(1, Math.ceil(timeoutMs / 1000)));
  return [
    {
      check: 'reach',
      with: given({ host, ports: [Number(port)], open: reachable ? [Number(port)] : undefined, wait }),
    },
  ];
};

function duration(attributes: Attributes): string | undefined {
  const ms = attributes.number('timeout');
  return ms === undefined || ms <= 0 ? undefined : `${Math.round(ms)}ms`;
}

export const netTests: Readonly<Record<string, Convert>> = { dns: dnsTest, http: httpTest, addr: addressTest };
