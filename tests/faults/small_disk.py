"""A disk of a few hundred megabytes that can be filled: a tmpfs in a mount namespace of its own, so that nothing stays mounted.

Root, or a kernel that lets users make namespaces; `available()` says why not otherwise.
"""
import os
import pathlib
import subprocess

SIZE_MB = 240  # more than twice the store's reserve, which is rebuilt only when as much again is free


class SmallDisk:
    def __init__(self, folder):
        """`folder` is a mount point inside the namespace only; seen from outside it stays as it was."""
        self.folder = folder
        own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *own_user, "sh", "-c",
             f'mount -t tmpfs -o size={SIZE_MB}m tmpfs "$1" && echo mounted && exec sleep 100000', "sh", str(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self._holder.stdout.readline() != b"mounted\n":
            self._holder.kill()
            raise OSError(self._holder.communicate()[1].decode())
        into = ["--user", "--preserve-credentials"] if own_user else []
        self.command_prefix = ["nsenter", "--target", str(self._holder.pid), *into, "--mount", f"--wd={os.getcwd()}"]
        self.seen = pathlib.Path(f"/proc/{self._holder.pid}/root{folder}")

    def free_bytes(self):
        state = os.statvfs(self.seen)
        return state.f_bavail * state.f_frsize

    def fill(self, leave=0):
        """Takes all but `leave` bytes."""
        with open(self.seen / "ballast", "ab", buffering=0) as ballast:
            block = b"x" * 65536
            try:
                while (room := self.free_bytes() - leave) > 0:
                    ballast.write(block[:room])
            except OSError:
                pass

    def empty(self):
        (self.seen / "ballast").unlink()

    def close(self):
        self._holder.kill()
        self._holder.communicate()


def unavailable(folder):
    """Why such a disk cannot be made here, or None."""
    try:
        SmallDisk(folder).close()
    except OSError as fault:
        return str(fault)
    return None
