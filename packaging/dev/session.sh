#!/usr/bin/env bash
# session.sh COMMAND...: run a command in a desktop session of its own (X display, session bus, unlocked keyring,
# accessibility bus, notification daemon), as root or not, and take it all away afterwards.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: session.sh COMMAND..." >&2; exit 2; }
for program in Xvfb dbus-daemon dbus-send gnome-keyring-daemon dunst; do
    command -v "$program" >/dev/null || { echo "session.sh: $program is missing; make system-test installs it" >&2; exit 1; }
done
launcher=""
for place in /usr/libexec/at-spi-bus-launcher /usr/lib/at-spi2-core/at-spi-bus-launcher; do
    [ -x "$place" ] && launcher=$place && break
done
[ -n "$launcher" ] || { echo "session.sh: at-spi2-core is missing; make system-test installs it" >&2; exit 1; }

desk=$(mktemp -d "${TMPDIR:-/tmp}/chatdesk-session.XXXXXX")
pids=()
clean_up() {
    local status=$? i pid
    trap - EXIT
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$desk"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Nothing of the person's own session gets in, and nothing of theirs is touched.
unset WAYLAND_DISPLAY XAUTHORITY DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS GNOME_KEYRING_CONTROL \
    QT_STYLE_OVERRIDE QT_QPA_PLATFORMTHEME QT_SCALE_FACTOR XDG_CURRENT_DESKTOP DESKTOP_SESSION PYTHON_KEYRING_BACKEND
export HOME=$desk/home XDG_RUNTIME_DIR=$desk/run
export XDG_CONFIG_HOME=$HOME/.config XDG_DATA_HOME=$HOME/.local/share XDG_CACHE_HOME=$HOME/.cache \
    XDG_STATE_HOME=$HOME/.local/state
mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR"
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
export LC_ALL=C.UTF-8

fail() { # what: say what did not start, with its log, and give up
    echo "session.sh: $1 did not start" >&2
    tail -n 20 "$desk"/*.log >&2 || true
    exit 1
}
wait_for() { # what, test...: at most 10 s
    local what=$1; shift
    for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
    fail "$what"
}

# Xvfb picks a free display and writes its number when it is ready.
Xvfb -displayfd 3 -screen 0 1600x1200x24 -nolisten tcp -noreset 3>"$desk/display" >"$desk/xvfb.log" 2>&1 &
pids+=($!)
wait_for "the X display" test -s "$desk/display"
DISPLAY=:$(cat "$desk/display")
export DISPLAY

dbus-daemon --session --nofork --print-address=3 --address="unix:path=$XDG_RUNTIME_DIR/bus" \
    3>"$desk/address" >"$desk/dbus.log" 2>&1 &
pids+=($!)
wait_for "the session bus" test -s "$desk/address"
DBUS_SESSION_BUS_ADDRESS=$(cat "$desk/address")
export DBUS_SESSION_BUS_ADDRESS

# With an empty password, or started by the bus itself, the keyring would wait for a prompt that nobody answers.
gnome-keyring-daemon --foreground --unlock --components=secrets <<<"test-only" >"$desk/keyring.log" 2>&1 &
pids+=($!)
"$launcher" --launch-immediately >"$desk/a11y.log" 2>&1 &
pids+=($!)
dunst >"$desk/dunst.log" 2>&1 &
pids+=($!)
owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner "string:$1" |
        grep -q "boolean true"
}
for name in org.freedesktop.secrets org.a11y.Bus org.freedesktop.Notifications; do
    wait_for "$name" owned "$name"
done

# Qt gives its widgets to the accessibility bus without waiting to be asked.
export QT_ACCESSIBILITY=1
export CHATDESK_SESSION=1
"$@"
