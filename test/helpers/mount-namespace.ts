/**
 * First words of a shell in a mount namespace of its own that lives for a while: it lets go of disks on loop devices. Else their tests could not mount them
 * again, for a disk is in use as long as any namespace has it. Nothing outside of the namespace is changed.
 */
export const withoutLoops =
  'while read -r oaops_device oaops_mount oaops_rest; do case $oaops_device in /dev/loop*) umount -l "$oaops_mount" 2>/dev/null || : ;; esac; done </proc/mounts';
