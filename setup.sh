#!/bin/sh
# Installs what the Makefile's targets need, into .venv and node_modules; does nothing where it is
# all there. What an interrupt, a deletion or a move has left is installed anew.

set -u
PYTHON=${PYTHON:-python3}
bin=.venv/bin
ticker=

fail() {
  echo "error: $1" >&2
  exit 1
}

# How many files a folder has; bytecode comes and goes.
files() {
  find "$1" -type f ! -name '*.pyc' ! -name ready 2>/dev/null | wc -l | tr -d ' '
}

# Whether a folder holds at least what was installed, since the files that say what to install.
whole() {
  folder=$1
  shift
  [ -f "$folder/ready" ] || return 1
  for source in "$@"; do [ "$source" -nt "$folder/ready" ] && return 1; done
  { read -r count && read -r place; } <"$folder/ready" || return 1
  [ "$place" = "$PWD" ] && [ "$(files "$folder")" -ge "$count" ]
}

# Note that a folder is whole, at the very end.
note() {
  printf '%s\n%s\n' "$(files "$1")" "$PWD" >"$1/ready.new" && mv "$1/ready.new" "$1/ready"
}

# Run a command that takes long, and tell meanwhile for how long it has run.
long() {
  echo "$1 ..."
  shift
  tick 9<&- &
  ticker=$!
  "$@"
  code=$?
  quiet
  return $code
}

tick() {
  seconds=0
  while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    seconds=$((seconds + 1))
    [ $((seconds % 5)) -ne 0 ] || echo "  ... $seconds s"
  done
}

# Any other signal can be lost on what has only just begun, which then would go on for ever.
quiet() {
  [ -z "$ticker" ] || { kill -KILL "$ticker" && wait "$ticker"; } 2>/dev/null
  ticker=
}

virtual_environment() {
  "$PYTHON" -m venv --clear .venv >/dev/null 2>&1 && return
  rm -rf .venv
  command -v uv >/dev/null && uv --quiet venv --python "$PYTHON" .venv && return
  rm -rf .venv
  fail "$PYTHON cannot make a virtual environment: install its venv and pip (on Debian: \
apt-get install python3-venv), or uv, or pass another with PYTHON=..."
}

own_uv() {
  version=$(sed -n 's/.*"uv==\([0-9.]*\)".*/\1/p' pyproject.toml)
  if $bin/python -m pip --version >/dev/null 2>&1; then
    $bin/python -m pip install --quiet --disable-pip-version-check "uv==$version"
  else
    uv --quiet --system-certs pip install --python $bin/python "uv==$version"
  fi
}

packages() {
  [ -x $bin/uv ] || own_uv || return
  node=
  PATH=$outside command -v npm >/dev/null || node="--group node"
  $bin/uv --system-certs sync --quiet --frozen --compile-bytecode $node
}

python_packages() {
  # One that is not itself what is to be made.
  PYTHON=$(PATH=$outside command -v "$PYTHON" || echo "$PYTHON")
  "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null ||
    fail "Python 3.11 to 3.14 is needed, but $PYTHON is $("$PYTHON" -V 2>&1 | tail -1): pass PYTHON=..."
  # Only what was whole once can be brought up to date.
  if [ -f .venv/ready ] && whole .venv && $bin/python -c '' 2>/dev/null; then
    rm .venv/ready
  else
    long "Making a virtual environment" virtual_environment
  fi
  long "Installing the Python packages" packages ||
    fail "the Python packages cannot be installed, for the reason above: then run make again"
  note .venv
}

node_packages() {
  rm -f node_modules/ready
  long "Installing the CDK" npm ci --loglevel error --no-fund --no-audit ||
    fail "the CDK cannot be installed, for the reason above: then run make again"
  note node_modules
}

cd "$(dirname "$0")" || exit
outside=$(echo "$PATH" | tr : '\n' | grep -vxF "$PWD/$bin" | paste -sd : -)
trap quiet EXIT
trap 'exit 130' INT TERM HUP
# What another terminal sets up here is not to be removed under it; where there is no flock, it is.
if command -v flock >/dev/null; then
  exec 9<setup.sh
  flock -n 9 || { echo "Another terminal sets this up just now: waiting for it ..." && flock 9; }
fi
for place in . .venv node_modules; do
  [ ! -e $place ] || [ -w $place ] ||
    fail "$(cd $place && pwd) cannot be written by $(id -un): change whose it is, or clone to elsewhere"
done
{ whole .venv pyproject.toml uv.lock setup.sh && $bin/python -c '' 2>/dev/null; } || python_packages
whole node_modules package.json package-lock.json || node_packages
