# A small Debian in a folder, for real peers of tests: sourced by tools/h323-peers and tools/whip-peers, which set
#
#   peer         what it is, in words                       layout       what a stamp must say
#   edition      name of the root in the folder             packages     what is installed in it
#   folder       where roots are kept                       suites       of Debian; the first that has them all is taken
#   executable   that there must be, below the root         version      command that says which one it is
#   again        how to install it, in words                check        yes: install nothing, say whether it is there
#
# and call debian_root, which prints the root's path and ends with 0, or says why there is none and ends with 3.
# A root is made once and continued where it was left; nothing is installed on the machine but debootstrap.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
cannot() {
  echo "No $peer ($edition) here: $*" >&2
  exit 3
}
gave_up() { # remembered for --check, so that a test that is skipped can say why
  echo "$*" >"$refusal"
  cannot "$@"
}
there() { [ -x "$root/$executable" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$layout" ]; }
inside() { chroot "$made" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
discard() { # never follows what is mounted in it
  for inner in proc sys dev; do
    if mountpoint -q "$made/$inner"; then umount "$made/$inner"; fi
  done
  rm -rf --one-file-system "$made"
}
mirrors() { apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | sed -n 's/^Debian //p'; }

debian_root() {
  root=$folder/$edition
  made=$root.partial
  stamp=$root.installed
  refusal=$root.refused
  log=$root.log
  [ "$(id -u)" = 0 ] || cannot "only root may chroot into it. Run the same command as root"
  if there; then
    echo "$root"
    exit 0
  fi
  if [ "$check" = yes ]; then
    [ -f "$refusal" ] && cannot "$(cat "$refusal")"
    cannot "it is not installed yet. Run $again"
  fi
  mkdir -p "$folder"
  exec 9>"$folder/.lock"
  flock 9
  if there; then # another run was faster
    echo "$root"
    exit 0
  fi
  rm -f "$refusal"
  find_mirror
  for suite in "${suites[@]}"; do
    if make_root "$suite"; then
      echo "$root"
      exit 0
    fi
  done
  gave_up "Debian ${suites[*]}, as this machine's mirror has it, gave no ${packages[0]} ($log). Try again when it is reachable"
}

find_mirror() { # of this machine
  command -v apt-get >/dev/null || gave_up "this machine has no apt. Use Debian or one of its derivatives"
  patient=(-o DPkg::Lock::Timeout=500 -qq)
  if ! command -v debootstrap >/dev/null || [ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ] || [ -z "$(mirrors)" ]; then
    say "Installing debootstrap"
    apt-get "${patient[@]}" update >"$log" 2>&1 || gave_up "apt-get update fails ($log). Mend this machine's apt sources"
    apt-get "${patient[@]}" install -y --no-install-recommends debootstrap debian-archive-keyring >>"$log" 2>&1 ||
      gave_up "debootstrap cannot be installed ($log)"
  fi
  mirror=$(mirrors | head -n 1)
  case $mirror in
    http://* | https://* | file:/*) ;;
    *) gave_up "this machine's apt names no mirror of Debian. Add one to /etc/apt/sources.list.d" ;;
  esac
  settings=$(apt-config dump | grep -E '^Acquire::(https?::|Check-Valid-Until|Check-Date|Retries|ForceIPv)' || true)
  local scheme proxy
  for scheme in http https; do
    proxy=$(apt-config dump --format '%v' "Acquire::$scheme::Proxy")
    [ -z "$proxy" ] || [ "$proxy" = DIRECT ] || export "${scheme}_proxy=$proxy"
  done
}

make_root() { # of one suite; fails where that suite cannot give the packages
  local suite=$1 begun=$SECONDS extra=() said
  [[ $mirror == https* ]] && extra=(--include=ca-certificates)
  if [ ! -f "$made/.debootstrapped" ] || [ "$(cat "$made/.debootstrapped")" != "$suite" ]; then
    say "Making a minimal Debian ($suite) in $root"
    discard
    # sid: the same steps for every suite that is new enough
    debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
      "${extra[@]}" "$suite" "$made" "$mirror" sid >"$log" 2>&1 || {
      echo "debootstrap $suite: $(tail -n 1 "$log")" >&2
      return 1
    }
    printf '%s\n' "$settings" >"$made/etc/apt/apt.conf.d/10machine"
    printf '%s\n' force-unsafe-io 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' \
      'path-exclude=/usr/share/locale/*' >"$made/etc/dpkg/dpkg.cfg.d/small"
    printf '#!/bin/sh\nexit 101\n' >"$made/usr/sbin/policy-rc.d" # packages start no services
    chmod +x "$made/usr/sbin/policy-rc.d"
    echo "$suite" >"$made/.debootstrapped"
  fi
  inside apt-cache show "${packages[@]}" >/dev/null 2>&1 || {
    echo "Debian $suite has no ${packages[*]} at present" >&2
    return 1
  }
  say "Installing ${packages[*]} in it"
  inside dpkg --configure -a >>"$log" 2>&1 || true # where an earlier run was interrupted
  inside apt-get "${patient[@]}" install -y --no-install-recommends "${packages[@]}" >>"$log" 2>&1 ||
    gave_up "the packages of Debian $suite cannot be installed ($log). Try again when the mirror is reachable"
  inside apt-get clean
  said=$(inside "${version[@]}") || gave_up "${version[*]} does not run in $made ($log)"
  rm -rf --one-file-system "$root"
  mv "$made" "$root"
  echo "$layout" >"$stamp"
  say "$(head -n 1 <<<"$said"), from Debian $suite, in $((SECONDS - begun)) s"
}
