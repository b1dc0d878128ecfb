"""The rehearsal's measurements detect what they should."""

import copy

import pytest

from docker.rehearsal.backup import tables_of
from docker.rehearsal.hardening import faults_of
from docker.rehearsal.load import Load

DUMP = r"""
COPY public.users (id, name) FROM stdin;
1	alice
2	bob
\.

COPY public.empty (id) FROM stdin;
\.

SELECT pg_catalog.setval('public.users_id_seq', 2, true);
"""
HARDENED = {
    "Config": {"User": "10001:10001"},
    "HostConfig": {
        "ReadonlyRootfs": True, "CapAdd": None, "CapDrop": ["ALL"], "Privileged": False,
        "SecurityOpt": ["no-new-privileges:true"],
    },
}  # fmt: skip


def test_tables_with_equal_rows_in_another_order_are_equal():
    assert {name: count for name, (count, _) in tables_of(DUMP).items()} == {
        "public.users": 2, "public.empty": 0, "sequences": 1,
    }  # fmt: skip
    assert tables_of(DUMP) == tables_of(DUMP.replace("1\talice\n2\tbob", "2\tbob\n1\talice"))


@pytest.mark.parametrize(("was", "became"), [("bob", "rob"), ("2\tbob\n", ""), ("seq', 2", "seq', 3")])
def test_tables_that_differ_are_not_equal(was, became):
    assert tables_of(DUMP) != tables_of(DUMP.replace(was, became))


def test_a_hardened_container_has_no_fault():
    assert faults_of(HARDENED) == []


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("Config", "User", ""),
        ("Config", "User", "0:10001"),
        ("HostConfig", "ReadonlyRootfs", False),
        ("HostConfig", "CapAdd", ["NET_ADMIN"]),
        ("HostConfig", "CapDrop", None),
        ("HostConfig", "Privileged", True),
        ("HostConfig", "SecurityOpt", None),
    ],
)
def test_each_excess_right_of_a_container_is_a_fault(part, name, value):
    container = copy.deepcopy(HARDENED)
    container[part][name] = value
    assert len(faults_of(container)) == 1


@pytest.mark.worker
def test_a_load_records_what_was_accepted_and_all_of_it_is_read(service, tmp_path):
    with Load(service.url, service.token("bob"), tmp_path / "ids", clients=2, pause_s=0.05) as load:
        batch = load.send_batches(1)
    assert len(batch) == 100
    assert batch < load.accepted
    assert load.failed == []
    assert 0 < load.longest_wait_s < 60
    alone = list(load.accepted - batch)
    [[read]] = service.query(
        "SELECT count(*) FROM predictions_submission WHERE status = 'succeeded' AND id::text = ANY(%s)", alone
    )
    assert read == len(alone)


def test_a_load_counts_failures_and_records_nothing(tmp_path):
    with Load("http://127.0.0.1:9", "none", tmp_path / "ids", clients=1, pause_s=10) as load:
        assert load.send_batches(2) == set()
    assert len(load.failed) == load.requests == 2
    assert load.accepted == set()
