"""Fresh accounts do not clash."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from conftest import finding

from securityhub_local import Account, Emulator, connect
from securityhub_local._accounts import Ids

REPOSITORY = Path(os.environ.get("REPOSITORY", Path(__file__).parents[3]))


# Rules: DST-25.
def test_a_fresh_account_has_no_hub_until_it_is_enabled(hub: Emulator) -> None:
    account = hub.account()
    assert re.fullmatch("[0-9]{12}", account.id)
    assert str(account) == account.id
    with pytest.raises(Exception, match=f"Account {account} is not subscribed to AWS Security Hub"):
        account.client().describe_hub()
    account.enable()
    account.enable()
    arn = account.client().describe_hub()["HubArn"]
    assert arn == f"arn:aws:securityhub:us-east-1:{account}:hub/default"
    assert account.client().get_enabled_standards()["StandardsSubscriptions"] == []


# Rules: DST-25.
def test_a_hub_is_enabled_in_regions(hub: Emulator) -> None:
    account = hub.account(hub=True, regions=["eu-west-1", "us-east-1"])
    for region in ("eu-west-1", "us-east-1"):
        arn = account.client(region=region).describe_hub()["HubArn"]
        assert arn == f"arn:aws:securityhub:{region}:{account}:hub/default"


# Rules: DST-25.
def test_an_account_reads_its_own_calls_and_events(hub: Emulator) -> None:
    one, two = hub.account(hub=True), hub.account(hub=True)
    hub.import_findings([finding("scan/1", one.id), finding("scan/2", two.id)])
    one.client().get_findings()
    assert [event["detail"]["findings"][0]["Id"] for event in two.events()] == ["scan/2"]
    assert [call["Operation"] for call in one.requests()] == ["GetFindings"]
    assert one.verify("GetFindings") == 1
    assert two.verify("GetFindings", max=0) == 0
    with pytest.raises(AssertionError, match="expected at least 1 call to GetFindings, found 0"):
        two.verify("GetFindings")
    assert one.env()["AWS_ACCESS_KEY_ID"] == one.id


# Rules: DST-25.
def test_an_account_is_a_value(hub: Emulator) -> None:
    assert hub.account("222222222222") == hub.account("222222222222")
    assert hub.account("222222222222") != hub.account("333333333333")
    assert len({hub.account("222222222222"), hub.account("222222222222")}) == 1
    assert isinstance(hub.account(), Account)
    with pytest.raises(ValueError, match="is not a valid account ID"):
        hub.account("1111-1111")


# Rules: DST-25.
def test_ids_do_not_repeat_in_a_process(hub: Emulator) -> None:
    shared = connect(hub.endpoint)
    ids = [emulator.account().id for emulator in itertools.islice(itertools.cycle((hub, shared)), 1000)]
    assert len(set(ids)) == len(ids)


# Rules: DST-25.
def test_ids_are_the_same_in_each_run_unless_an_emulator_is_shared() -> None:
    one, two = Ids(), Ids()
    assert [one.next(is_shared=False) for _ in range(3)] == [two.next(is_shared=False) for _ in range(3)]
    assert one.next(is_shared=True) != two.next(is_shared=True)


# Rules: DST-25.
def test_ids_do_not_repeat_among_workers(suite: Callable[..., pytest.RunResult], tmp_path: Path) -> None:
    text = f"""
import os
import pytest
from securityhub_local import connect

@pytest.mark.parametrize("number", range(40))
def test_ids(securityhub_server, number):
    ids = [securityhub_server.account().id for _ in range(25)]
    with open(os.path.join({str(tmp_path)!r}, f"ids-{{number}}"), "w") as file:
        file.write(" ".join(ids))
"""
    suite(text, "-n", "4", passed=40)
    ids = [id for file in tmp_path.glob("ids-*") for id in file.read_text().split()]
    assert len(ids) == 1000
    assert len(set(ids)) == 1000


def accounts_of_scenarios() -> Iterator[str]:
    for file in (REPOSITORY / "scenarios").rglob("*"):
        if file.suffix in (".yaml", ".json", ".csv"):
            yield from re.findall(r"\b[0-9]{12}\b", file.read_text("utf-8"))


# Rules: DST-25.
def test_no_shipped_scenario_has_such_an_id(hub: Emulator) -> None:
    fresh = hub.account().id[0]
    used = set(accounts_of_scenarios())
    assert len(used) > 10
    assert not [account for account in used if account.startswith(fresh)]
