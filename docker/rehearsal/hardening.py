"""Check each container's rights according to Docker and the kernel, who reaches db and redis, and who has a way out."""

from pathlib import Path
from typing import Any

from docker.rehearsal.compose import addresses_of, ids, inspect, run, service_of, up
from docker.rehearsal.stage import Stage

PORTS = {"db": 5432, "redis": 6379}
WITHOUT_A_WAY_OUT = ("web", "worker", "beat")
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
    _check_ways_out(stage, {service_of(container): container for container in containers})
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
        found = "reached by web; not by the proxy, by name or by address; not published, no route out"
        stage.report(f"{name} from outside its network", found, not published and not has_route_out(stock))


def _check_ways_out(stage: Stage, by_service: dict[str, dict[str, Any]]) -> None:
    """Check from within that these containers reach db and redis and nothing outside, which delivery does."""
    outside = by_service["proxy"]["NetworkSettings"]["Networks"]["inkling_outside"]
    proxy, gateway = (outside["IPAddress"], 8080), (outside["Gateway"], 80)
    far = [proxy, gateway, ("192.0.2.1", 25), ("example.org", 443), ("proxy", 8080)]
    for name in WITHOUT_A_WAY_OUT:
        container = by_service[name]
        reached = [f"{host}:{port}" for host, port in far if reaches(container, host, port)]
        missed = [stock for stock, port in PORTS.items() if not reaches(container, stock, port)]
        found = (
            f"reaches {reached or 'nothing outside'}, and of db and redis {'not ' + str(missed) if missed else 'both'}"
        )
        # The proxy's name is known where it shares a network with web.
        held = not missed and set(reached) <= ({"proxy:8080"} if name == "web" else set())
        stage.report(f"{name}: a way out", found, held and not has_route_out(container))
    delivery = by_service["delivery"]
    held = has_route_out(delivery) and reaches(delivery, *proxy)
    stage.report("delivery: a way out", "has a route, and reaches a container in the network outside", held)


def reaches(container: dict[str, Any], host: str, port: int) -> bool:
    """Return whether a connection can be made from within a container."""
    try:
        run("docker", "exec", container["Id"], "python", "-S", "-c", CONNECT, host, str(port))
    except RuntimeError:
        return False
    return True


def has_route_out(container: dict[str, Any]) -> bool:
    """Return whether a container has a default route, according to the kernel."""
    routes = Path(f"/proc/{container['State']['Pid']}/net/route").read_text().splitlines()[1:]
    return any(route.split()[1] == "00000000" for route in routes)
