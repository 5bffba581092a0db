"""Makes sure that WeasyPrint finds Pango, the system library that sets the PDF's text.

Run as `python -m adtech_assets.pango`: silent when all is well, installs with apt where it may, else says the one
command. Belongs here: that check. Does not: anything about PDFs.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys

LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


def missing() -> list[str]:
    """The libraries that the loader does not find."""
    return [name for name in LIBRARIES if ctypes.util.find_library(name) is None]


def advice() -> str:
    """The one command for this system."""
    if sys.platform == "darwin":
        return "brew install pango"
    if shutil.which("apt-get"):
        return f"sudo apt-get install -y {' '.join(PACKAGES)}"
    return "install Pango 1.44 or newer with your system's package manager"


def install() -> bool:
    """Install with apt as root or with a sudo that asks nothing; False where that is not possible."""
    apt = shutil.which("apt-get")
    sudo = shutil.which("sudo")
    if apt is None or (os.geteuid() != 0 and sudo is None):
        return False
    before = [] if os.geteuid() == 0 else [str(sudo), "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", *PACKAGES]):
        done = subprocess.run([*before, apt, *arguments], env=environment, capture_output=True, check=False)  # noqa: S603
        if done.returncode and arguments[0] == "install":
            return False
    return not missing()


def main() -> int:
    """0 when Pango is there, 1 with the command that would bring it."""
    lacking = missing()
    if not lacking or install():
        return 0
    sys.stderr.write(f"Pango is needed for the PDF and was not found ({', '.join(lacking)}). Run:\n  {advice()}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
