"""Starts the built server on free ports and stops it again."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 120
STOP_SECONDS = 60
POLL_SECONDS = 0.2


def free_ports(count):
    """Ports that nobody listens on now. All are held until all are known, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def http_status(url):
    """The status of a GET, or None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


class ServerProcess:
    """The server as a child process, with its output in a file. Use it in a `with` statement."""

    def __init__(self, root):
        self.grpc_port, self.http_port = free_ports(2)
        self.log = tempfile.NamedTemporaryFile("w+", prefix="clip-server-", suffix=".log")
        command = ["dotnet", "run", "-c", "Release", "--project", "src/ClipServer", "--no-build", "--"]
        command += ["--grpc-port", str(self.grpc_port), "--http-port", str(self.http_port)]
        # A session of its own, so that the signal reaches the server below `dotnet run` too.
        self.process = subprocess.Popen(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def grpc_address(self):
        return f"127.0.0.1:{self.grpc_port}"

    def http_url(self, path):
        return f"http://127.0.0.1:{self.http_port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()
        self.log.close()

    def wait_ready(self):
        """Waits until /readyz answers 200. Raises where the process ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with code {self.process.returncode}")
            if http_status(self.http_url("/readyz")) == 200:
                return
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"it was not ready after {START_SECONDS} s")

    def stop(self):
        """Asks the server to stop. Returns whether it did so in time; if not it is killed."""
        if self.process.poll() is not None:
            return True
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
            return True
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return False

    def output(self):
        """What the server printed so far."""
        return pathlib.Path(self.log.name).read_text("utf-8", errors="replace")
