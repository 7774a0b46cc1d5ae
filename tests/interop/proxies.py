"""Checks that proxies on the server's machine pass calls on, and that no client of theirs may load models.

Prints `ok - NAME` or `not ok - NAME: WHY` for each check. Exit code 0 when all are ok, 1 when some are not.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import grpc

from interop import CLIP, MODELS, expect_equal, run
from reflection_client import ReflectionClient
from server_process import ServerProcess, free_ports

START_SECONDS = 60
CALL_TIMEOUT_SECONDS = 60

NGINX = """
daemon off; pid nginx.pid; error_log stderr warn; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    upstream clip {{ server 127.0.0.1:{server}; }}
    server {{ listen 127.0.0.1:{plain} http2; location / {{ grpc_pass grpc://clip; }} }}
    server {{
        listen 127.0.0.1:{forwarding} http2; client_max_body_size 64m;
        location / {{ grpc_set_header X-Forwarded-For $remote_addr; grpc_pass grpc://clip; }}
    }}
}}
"""

HAPROXY = """
global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend plain
  bind 127.0.0.1:{plain} proto h2
  default_backend plain
frontend forwarding
  bind 127.0.0.1:{forwarding} proto h2
  default_backend forwarding
backend plain
  server clip 127.0.0.1:{server} proto h2
backend forwarding
  option forwardfor
  server clip 127.0.0.1:{server} proto h2
"""

PROXIES = {
    "nginx": (NGINX, lambda file, folder: ["nginx", "-p", folder, "-c", file]),
    "haproxy": (HAPROXY, lambda file, folder: ["haproxy", "-db", "-f", file]),
}


def check(address):
    """Embeds through a proxy, and is refused what needs a role."""
    client = ReflectionClient(address, CALL_TIMEOUT_SECONDS)
    try:
        wait_until_connected(client.channel)
        for service in (CLIP, MODELS):
            client.learn(service)
        embed = client.message("clipgrpc.v1.EmbedRequest")
        embed.inputs.add(text="a photo of a cat")
        response = client.call(CLIP, "Embed", embed)
        expect_equal(len(response.results[0].embedding.values), 128, "dimensions")
        for method, fields in (("LoadModel", {"source": "demo", "name": "x"}), ("UnloadModel", {"name": "demo"})):
            try:
                client.call(MODELS, method, client.message(f"clipgrpc.v1.{method}Request", **fields))
                raise AssertionError(f"{method} was allowed")
            except grpc.RpcError as error:
                expect_equal(error.code(), grpc.StatusCode.PERMISSION_DENIED, method)
    finally:
        client.close()


def wait_until_connected(channel):
    try:
        grpc.channel_ready_future(channel).result(timeout=START_SECONDS)
    except grpc.FutureTimeoutError:
        raise AssertionError(f"the proxy did not answer for {START_SECONDS} s") from None


def check_proxy(name, server_port):
    """Both kinds of one proxy: without headers about its clients, as by default, and with them."""
    template, command = PROXIES[name]
    plain, forwarding = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "proxy.conf"
        file.write_text(template.format(server=server_port, plain=plain, forwarding=forwarding), "utf-8")
        process = subprocess.Popen(command(str(file), folder), stdin=subprocess.DEVNULL)
        try:
            return [
                run(f"{name} {kind}: calls pass, and models cannot be loaded", lambda: check(f"127.0.0.1:{port}"))
                for kind, port in (("without forwarding headers", plain), ("with forwarding headers", forwarding))
            ]
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the repository")
    root = parser.parse_args().root

    with ServerProcess(root) as server:
        results = [run("the server starts behind proxies", server.wait_ready)]
        if results[0]:
            for name in PROXIES:
                results += check_proxy(name, server.grpc_port)
    failed = results.count(False)
    print(f"# {len(results) - failed} ok, {failed} not ok")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
