"""Runs the configurations of loadtest/ghz against the built server. See ghz.sh."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from server_process import ServerProcess

SECONDS = 3
LIMIT_SECONDS = 120


def make_data(root, folder):
    """The requests that the configurations send, of the sample images."""
    subprocess.run(
        ["dotnet", root / "loadtest/bin/Release/net10.0/loadtest.dll", "make-data",
         "--images", root / "samples", "--out", folder],
        check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_SECONDS)


def run(config, settings, data, address, log_folder):
    """The number of calls by status."""
    report = log_folder / f"{config.stem}-report.json"
    command = ["ghz", "--config", config, "--duration", f"{SECONDS}s", "--format", "json", "--output", report]
    if "binary-file" in settings:
        command += ["--binary-file", data / pathlib.Path(settings["binary-file"]).name]
    command.append(address)
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"ghz ended with code {done.returncode}: {done.stderr.strip()}")
    return json.loads(report.read_text("utf-8"))["statusCodeDistribution"]


def check(settings, statuses):
    """All calls are OK. An open loop may ask for more than the server can do, which it then says."""
    allowed = {"OK", "ResourceExhausted"} if settings.get("async") else {"OK"}
    if not statuses.get("OK"):
        raise AssertionError(f"no call was OK: {statuses}")
    if not statuses.keys() <= allowed:
        raise AssertionError(f"statuses other than {', '.join(sorted(allowed))}: {statuses}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    root = parser.parse_args().root
    failed = 0
    with tempfile.TemporaryDirectory(prefix="clip-ghz-") as scratch, ServerProcess(root) as server:
        work = pathlib.Path(scratch)
        data = work / "data"
        make_data(root, data)
        server.wait_ready()
        for config in sorted((root / "loadtest/ghz").glob("*.json")):
            settings = json.loads(config.read_text("utf-8"))
            try:
                statuses = run(config, settings, data, server.grpc_address, work)
                check(settings, statuses)
                print(f"ok - ghz: {config.stem}: {statuses}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"not ok - ghz: {config.stem}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
