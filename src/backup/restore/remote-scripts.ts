/** What the other side can do. */
export interface RemoteTools {
  /** GNU tar. */
  tar: boolean;
  xattrs: boolean;
  acls: boolean;
  isRoot: boolean;
  notEmpty: boolean;
}

/**
 * Makes the folder `$1`, or sees that it is empty, and tries what tar can do. Names and values come as arguments: no text of a
 * manifest is ever part of a script.
 */
export const probeScript = `PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL=C
umask 077
mkdir -p -- "$1" && cd -- "$1" || exit 1
if [ -n "$(ls -A)" ]; then echo not-empty; exit 1; fi
[ "$(id -u)" = 0 ] && echo root
case $(tar --version 2>/dev/null) in
*"GNU tar"*) echo tar ;;
*) exit 0 ;;
esac
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
: >"$t/f"
for flag in xattrs acls; do
  # Where support was not built in, tar warns or refuses.
  [ -z "$(tar -C "$t" --$flag -cf "$t/a" f 2>&1)" ] && echo $flag
done
exit 0`;

/** Unpacks stdin in `$1`; the rest are flags of tar. */
export const extractScript = `export LC_ALL=C TZ=UTC0
cd -- "$1" || exit 1
shift
umask 077
exec tar -xpf - --delay-directory-restore -P "$@"`;

/** Removes the files named on stdin, each ended by NUL, in `$1`. */
export const removeScript = 'cd -- "$1" && xargs -0 rm -f --';

export function answerOf(text: string): RemoteTools {
  const words = new Set(text.split('\n'));
  return {
    tar: words.has('tar'),
    xattrs: words.has('xattrs'),
    acls: words.has('acls'),
    isRoot: words.has('root'),
    notEmpty: words.has('not-empty'),
  };
}
