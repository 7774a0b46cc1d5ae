# Sourced by the checks in Python: `require_python NAME MODULES PACKAGE...` sets $python, or ends with code 77.
#
# Installs Debian's packages where it may; PYTHON names another interpreter that has the modules.
python=${PYTHON:-/usr/bin/python3}

install_packages() {
    command -v apt-get >/dev/null || return 1
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update -qq || return 1
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

require_python() {
    local name=$1 modules=$2
    shift 2
    if ! { [ -x "$python" ] && "$python" -c "import $modules" 2>/dev/null; }; then
        echo "# Installing $*"
        install_packages "$@" || true
    fi
    if ! { [ -x "$python" ] && "$python" -c "import $modules" 2>/dev/null; }; then
        echo "skip - $name: $python lacks one of $modules, and $* cannot be installed here"
        exit 77
    fi
}
