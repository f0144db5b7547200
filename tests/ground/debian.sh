# A bare Debian in a folder, for the scripts beside this: made by debootstrap once, kept, copied for each use. Sourced from the
# repository's root after tests/support/check.sh; sets ground, the folder of all that. Environment: DEBIAN_MIRROR, TLC_GROUND.
# shellcheck shell=bash

[ "$(id -u)" -eq 0 ] || skip 'a chroot wants root'
command -v debootstrap >/dev/null || skip 'debootstrap is missing'
mkdir -p "${TLC_GROUND:-/var/tmp/taxi-ground}/log"
ground=$(realpath "${TLC_GROUND:-/var/tmp/taxi-ground}")

# The machine's way out comes along: names, and certificates of a proxy where it has any.
bare_debian() { # release, folder for the copy
    local bare=$ground/bare-$1
    if [ ! -f "$bare/made" ]; then
        rm -rf --one-file-system "$bare"
        debootstrap --variant=minbase --include=ca-certificates "$1" "$bare" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} \
            >"$ground/log/debootstrap-$1.log" 2>&1 || failed "debootstrap $1: see $ground/log/debootstrap-$1.log"
        touch "$bare/made"
    fi
    rm -rf --one-file-system "$2"
    cp -a "$bare" "$2"
    rm "$2/made"
    cp -L /etc/resolv.conf /etc/hosts "$2/etc/"
    mkdir -p "$2/usr/local/share/ca-certificates"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$2/usr/local/share/ca-certificates/" \;
    chroot "$2" update-ca-certificates >/dev/null 2>&1
}

# In namespaces of its own: what it mounts and whatever it leaves running ends with it.
inside() { # folder, user, command line
    # shellcheck disable=SC2016 # the inner shell expands
    unshare --mount --pid --fork --kill-child bash -c '
        set -e
        mount --rbind /dev "$1/dev" && mount -t tmpfs shm "$1/dev/shm" && mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys"
        home=$(chroot "$1" getent passwd "$2" | cut -d: -f6)
        cd / && exec chroot "$1" setpriv --reuid="$2" --regid="$2" --init-groups env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME="$home" LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive bash -euc "$3"' - "$@"
}
