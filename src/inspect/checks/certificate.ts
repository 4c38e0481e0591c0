import { z } from 'zod';
import { limitKeys, measured, worst } from '../judging/limits.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  paths: z
    .array(z.string().regex(/^\/[^\n]*$/, { error: 'not an absolute path' }))
    .min(1)
    .describe('Files with certificates (PEM or DER), or patterns with * and ?.'),
  ...limitKeys({ warn: '30:', fail: '7:' }),
});
type With = z.infer<typeof withSchema>;

const mostCertificates = 200;
const dayMs = 86_400_000;

/** Days that certificates in files have left; every certificate of a file is looked at, intermediate ones too. */
export const certificate: HostCheckType<With> = {
  name: 'certificate',
  place: 'host',
  title: { en: 'Certificate files', 'zh-CN': '证书文件' },
  withSchema,
  probe: `
need openssl
made=0
tell() {
  made=$((made + 1))
  [ "$made" -le ${mostCertificates} ] || { echo more; exit 0; }
  openssl x509 -noout -dates -subject -nameopt RFC2253,-esc_msb,utf8 "$@" 2>/dev/null || echo unreadable
}
IFS=
asked=0
while [ "$asked" -lt "$count" ]; do
  asked=$((asked + 1))
  set +f
  for file in $1; do
    printf 'file %s\\n' "$file"
    [ -e "$file" ] || { echo missing; continue; }
    [ -r "$file" ] || { echo forbidden; continue; }
    pem=
    inside=
    while read -r line || [ -n "$line" ]; do
      case $line in
        *'-----BEGIN CERTIFICATE-----'* | *'-----BEGIN TRUSTED CERTIFICATE-----'*) inside=1 pem= ;;
      esac
      [ -n "$inside" ] && pem="$pem$line
"
      case $line in
        *'-----END CERTIFICATE-----'* | *'-----END TRUSTED CERTIFICATE-----'*)
          [ -n "$inside" ] && printf '%s' "$pem" | tell
          made=$((made + 1))
          [ "$made" -le ${mostCertificates} ] || { echo more; exit 0; }
          inside= found=$file ;;
      esac
    done <"$file"
    # The end of a file that was cut off.
    if [ -n "$inside" ]; then echo unreadable; continue; fi
    [ "$found" = "$file" ] || tell -inform DER -in "$file"
  done
  set -f
  shift
done`,
  words: ({ paths }) => paths,
  judge({ paths, warn, fail }, { lines, truncated }, { nowMs }) {
    if (truncated || lines.includes('more'))
      return {
        state: 'error',
        message: `there are more than ${mostCertificates} certificates`,
        next: 'Name fewer files.',
      };
    const read = certificatesOf(lines);
    if (read === undefined) return { state: 'error', message: 'the answer about the certificates is not understood' };
    if (read.length === 0) return { state: 'error', message: `no file ${paths.join(', ')} was looked at` };
    const each = read.map((one) => {
      if ('trouble' in one) return { state: 'error' as const, text: troubles[one.trouble]!(one.file), days: 0 };
      const days = Math.floor(((one.toMs - nowMs) / dayMs) * 10) / 10;
      const { measure, state } = measured({ name: one.name, value: days, unit: '' }, { warn, fail });
      if (one.fromMs > nowMs) {
        const text = `${one.subject} in ${one.file} is not valid before ${new Date(one.fromMs).toISOString()}`;
        return { state: 'fail' as const, measure, days, text };
      }
      if (days < 0)
        return {
          state: 'fail' as const,
          measure,
          days,
          text: `${one.subject} in ${one.file} expired ${-days} days ago`,
        };
      return { state, measure, days, text: `${one.subject} in ${one.file} is valid for ${days} more days` };
    });
    const bad = each.filter(({ state }) => state !== 'pass');
    const first = each.reduce((a, b) => (b.days < a.days ? b : a));
    return {
      state: worst(each.map(({ state }) => state)),
      message: (bad.length === 0 ? [first] : bad).map(({ text }) => text).join('; '),
      measures: each.flatMap((one) => ('measure' in one && one.measure ? [one.measure] : [])),
      ...(each.length > 1 ? { details: each.map(({ text }) => text) } : {}),
      ...(bad.length > 0 ? { next: 'Renew it, and look why whatever renews it did not.' } : {}),
    };
  },
};

const troubles: Record<string, (file: string) => string> = {
  missing: (file) => `there is no file ${file}`,
  forbidden: (file) => `${file} cannot be read by this user`,
  unreadable: (file) => `${file} holds something that is no certificate`,
};

type Read =
  | { file: string; name: string; subject: string; fromMs: number; toMs: number }
  | { file: string; trouble: string };

/** undefined: that is no answer of the probe. */
function certificatesOf(lines: readonly string[]): Read[] | undefined {
  const read: Read[] = [];
  let file = '';
  let number = 0;
  let from: number | undefined;
  let to: number | undefined;
  for (const line of lines) {
    if (line.startsWith('file ')) {
      file = line.slice('file '.length);
      number = 0;
    } else if (line in troubles) read.push({ file, trouble: line });
    else if (line.startsWith('notBefore=')) from = timeOf(line.slice('notBefore='.length));
    else if (line.startsWith('notAfter=')) to = timeOf(line.slice('notAfter='.length));
    else if (line.startsWith('subject=')) {
      if (file === '' || from === undefined || to === undefined) return undefined;
      number++;
      const subject = line.slice('subject='.length).trim() || file;
      read.push({ file, name: number === 1 ? file : `${file} ${number}`, subject, fromMs: from, toMs: to });
      from = to = undefined;
    } else if (line !== '') return undefined;
  }
  return from === undefined && to === undefined ? read : undefined;
}

/** `Nov 30 06:00:00 2026 GMT` */
function timeOf(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
