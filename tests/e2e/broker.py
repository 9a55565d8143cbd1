"""A Mosquitto of the test's own on a loopback port, and publishing to it."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from harness import wait_until

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
USER, PASSWORD = "hjemport", "a-broker-password-of-tests"


def free_port():
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Broker:
    """Keeps its sessions over a restart, as one in service does."""

    def __init__(self, more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hjemport-broker-"))
        self.port = free_port()
        self.log_file = self.folder / "mosquitto.log"
        self.process = None
        passwords = self.folder / "passwords"
        passwords.touch(mode=0o600)
        for name in (USER, "vendor"):
            subprocess.run(["mosquitto_passwd", "-b", str(passwords), name, PASSWORD], check=True, stderr=subprocess.DEVNULL)
        self.access = self.folder / "access"
        self.access.write_text(f"user {USER}\ntopic read vendor/#\ntopic read other/#\nuser vendor\ntopic write #\n")
        self.settings = self.folder / "mosquitto.conf"
        self.settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {self.access}\n"
            f"persistence true\npersistence_location {self.folder}/\nautosave_on_changes true\nautosave_interval 1\n"
            f"max_queued_messages 100000\nmax_inflight_messages 100\nlog_dest file {self.log_file}\nlog_type all\n"
            + (f"user {os.environ.get('USER', 'root')}\n" if os.geteuid() == 0 else "") + more)

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def listening():
            if self.process.poll() is not None:
                raise AssertionError("mosquitto ended: " + self.log()[-2000:])
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True

        wait_until(listening, what="the broker's port")
        return self

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def clean_up(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def publish(self, topic, *payloads, qos=1, retain=False):
        """Returns when the broker has them all."""
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-u", "vendor", "-P", PASSWORD, "-q", str(qos), "-t", topic]
        command += ["-r"] if retain else []
        if len(payloads) == 1:
            subprocess.run([*command, "-s"], input=payloads[0].encode(), check=True)
        else:
            subprocess.run([*command, "-l"], input=("\n".join(payloads) + "\n").encode(), check=True)

    def subscribers_gone(self):
        """Waits until the broker has read to its end what every subscriber sent that is no longer there."""
        came = re.compile(r"New client connected from \S+ as hjemport-")
        went = re.compile(r"Client hjemport-\S+ (?:closed its connection|disconnected|already connected, closing old connection|has exceeded timeout)"
                          r"|Bad socket read/write on client hjemport-")
        wait_until(lambda: len(went.findall(self.log())) >= len(came.findall(self.log())), what="the end of the subscriber's connection")

    def acknowledged(self, at_least=0):
        """Packet ids in the order in which subscribers acknowledged. The broker reads them after the subscriber has counted
        its messages as dealt with, so who expects some says how many."""
        def read():
            return re.findall(r"Received PUBACK from hjemport-\S+ \(Mid: (\d+)", self.log())
        wait_until(lambda: len(read()) >= at_least, what=f"{at_least} acknowledgements")
        return read()
