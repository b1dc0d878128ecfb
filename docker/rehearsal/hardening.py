"""Check each container's rights according to Docker and the kernel, and who reaches db and redis."""

from pathlib import Path
from typing import Any

from docker.rehearsal.compose import addresses_of, ids, inspect, run, service_of, up
from docker.rehearsal.stage import Stage

PORTS = {"db": 5432, "redis": 6379}
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"


def inspect_rights(stage: Stage) -> None:
    """Report for every container, including Flower, whether it is hardened."""
    up("flower")
    containers = inspect(*ids())
    for container in sorted(containers, key=lambda one: str(one["Name"])):
        pids = pids_of(container) if container["State"]["Running"] else []
        faults = faults_of(container) + [fault for pid in pids for fault in faults_of_process(pid)]
        who = f"user {container['Config']['User']}, {len(pids)} processes: "
        found = who + (", ".join(faults) or "not root, no capability, no new privileges, root read-only")
        stage.report(container["Name"].strip("/"), found, not faults)
    _check_isolation(stage, {service_of(container): container for container in containers})
    run("docker", "rm", "--force", *ids("flower"))


def faults_of(container: dict[str, Any]) -> list[str]:
    """Return the excess rights of a container according to Docker."""
    host = container["HostConfig"]
    rules = {
        "is root": container["Config"]["User"].split(":")[0] not in {"", "0", "root"},
        "root can be written": host["ReadonlyRootfs"],
        "capabilities added": not host["CapAdd"],
        "capabilities not dropped": host["CapDrop"] == ["ALL"],
        "privileged": not host["Privileged"],
        "new privileges": "no-new-privileges:true" in (host["SecurityOpt"] or []),
    }
    return [fault for fault, holds in rules.items() if not holds]


def pids_of(container: dict[str, Any]) -> list[int]:
    """Return the host process ids of a running container."""
    return [int(line) for line in run("docker", "top", container["Id"], "-o", "pid").split()[1:]]


def faults_of_process(pid: int) -> list[str]:
    """Return the excess rights of a process according to the kernel; nothing if it has ended."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
    except OSError:
        return []
    [options] = [mount[3].split(",") for mount in mounts if mount[1] == "/"]
    rules = {
        "runs as root": "0" not in status["Uid"].split() + status["Gid"].split(),
        "has capabilities": not any(int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")),
        "may gain privileges": status["NoNewPrivs"].strip() == "1",
        "can write its root": "ro" in options,
    }
    return [f"{status['Name'].strip()} {fault}" for fault, holds in rules.items() if not holds]


def _check_isolation(stage: Stage, by_service: dict[str, dict[str, Any]]) -> None:
    """Check that web reaches db and redis, the proxy does not, and they have no route out."""
    for name, port in PORTS.items():
        stock = by_service[name]
        [address] = addresses_of(stock)
        run("docker", "exec", by_service["web"]["Id"], "python", "-S", "-c", CONNECT, address, str(port))
        for target in (address, name):
            run(
                "docker",
                "exec",
                by_service["proxy"]["Id"],
                "python",
                "-S",
                "-c",
                CONNECT,
                target,
                str(port),
                fails=True,
            )
        published = any(stock["NetworkSettings"]["Ports"].values())
        routes = Path(f"/proc/{stock['State']['Pid']}/net/route").read_text().splitlines()[1:]
        goes_out = any(route.split()[1] == "00000000" for route in routes)
        found = "reached by web; not by the proxy, by name or by address; not published, no route out"
        stage.report(f"{name} from outside its network", found, not published and not goes_out)
