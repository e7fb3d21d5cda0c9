"""What the functions' roles allow is what the functions do: nothing is missing, and nothing is granted for nothing.

The functions run in this process behind the template's routes, each with a Sosie of its own, on DynamoDB Local and
moto's Secrets Manager. What boto3 was asked for meanwhile is compared with the roles of `template.yaml`. Neither engine
knows IAM: this comparison is what stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from sosie.conformance.registry import all_checks
from sosie.conformance.runner import Runner
from sosie.conformance.target import Target, own_world, read_target
from sosie.control.client import ControlClient
from tests.support import deployed
from tests.support.deployed import Functions, Use
from tests.support.engines import Engine
from tests.support.passwords import authentication_hash
from tests.support.template import FUNCTIONS, RESOURCES, as_list, statements
from tests.support.token_client import VERSION, password_form

# Together these checks make the wire functions do all that the other 380 make them do, as a run of all has shown.
CHECKS = (
    "identity.token.organization",
    "identity.token.last-activity",
    "identity.refresh.new-roles",
    "identity.password.wrong",
    "sponsorships.offer.done",
    "sponsorships.validate.garbage",
    "sponsorships.redeem.done",
    "sponsorships.revoke.redeemed",
    "sponsorships.validate.revoked",
    "sponsorships.status.never",
    "sync.rows.redeemed",
    "push.register.done",
    "push.send.done",
    "push.delete.done",
    "regions.issuer",
)
GARBAGE = {"authorization": "Bearer e30.e30.AAAA"}
# A deployed world replaces the password that ships, and leaves others alone.
PASSWORD = "careful with every step"
WITH_SECOND_STEP = {
    "version": 1,
    "name": "second-step",
    "defaults": {"masterPassword": PASSWORD},
    "regions": {"us": {"users": [{"email": "careful@step.test", "twoStep": {"email": True}}]}},
}
# What Lambda itself does for a function, and boto3 is never asked for.
DONE_BY_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


class Grant(Use):
    """A statement of a role, one action on one resource, in a `Use`'s words; a secret's may be a pattern.

    Regions are alike: what is done in one needs no second proof in the other.
    """

    def covers(self, use: Use) -> bool:
        found = fnmatchcase(use.resource, self.resource)
        return found and (self.function, self.action) == (use.function, use.action)

    @property
    def in_the_other_region(self) -> Grant:
        """The same in the EU, if this is in the US, and the other way round."""
        swapped = {"/us-": "/eu-", "/eu-": "/us-"}
        return self._replace(resource=re.sub("/(us|eu)-", lambda found: swapped[found[0]], self.resource))


def granted() -> list[Grant]:
    return [
        Grant(name, action, named(resource))
        for name in FUNCTIONS
        for statement in statements(RESOURCES[f"{name.capitalize()}Role"]["Properties"])
        for action in as_list(statement["Action"])
        if action not in DONE_BY_LAMBDA
        for resource in as_list(statement["Resource"])
    ]


def named(resource: Any) -> str:
    """Return what a statement's resource is called in a `Use`."""
    match resource:
        case {"Fn::GetAtt": ["Table", "Arn"]}:
            return "table"
        case {"Ref": "ControlToken"}:
            return deployed.CONTROL_SECRET
        case {"Fn::Sub": str(text)} if text.startswith("${Table.Arn}/"):
            return text.removeprefix("${Table.Arn}/")
        case {"Fn::Sub": str(text)}:
            return text.partition(":secret:")[2].replace("${Stage}", "dev")
    raise AssertionError(f"nobody knows what {resource} is")


@pytest.fixture(scope="module")
def uses(dynamodb_local: Engine) -> Iterator[set[Use]]:
    """All that the functions did while everything was asked of them that makes a difference to IAM."""
    with (
        deployed.running(dynamodb_local.url) as (functions, url),
        ControlClient(url, deployed.CONTROL_TOKEN) as control,
    ):
        begin(functions, control, url)
        with own_world(control, "permissions") as target:
            walk(target, CHECKS)
            control_everything(control, target.world)
            maintain_for_years(functions, control, target.world)
        yield functions.uses


def ask(method: str, url: str, **request: Any) -> httpx.Response:
    return httpx.request(method, url, timeout=60, **request)


def begin(functions: Functions, control: ControlClient, url: str) -> None:
    """Let each service be the first that needs something: the default world, or a world's key."""
    # Identity: makes the default world, keys for tokens, and those for what is told to somebody without a second step
    sent = {"scope": "api", "grant_type": "client_credentials", "client_id": "installation.x", "client_secret": "x"}
    assert ask("POST", f"{url}/us/identity/connect/token", data=sent).status_code == 400
    assert ask("GET", f"{url}/us/identity/.well-known/openid-configuration/jwks").status_code == 200
    control.create_world("second-step", WITH_SECOND_STEP)
    token = f"{url}/w/second-step/us/identity/connect/token"
    form = password_form("careful@step.test", password=authentication_hash("careful@step.test", PASSWORD))
    told = ask("POST", token, data=form, headers=VERSION).json()
    assert told["SsoEmail2faSessionToken"]

    # Push and API: somebody shows them a token before identity gave anybody one
    assert ask("POST", f"{url}/eu/push/push/register", headers=GARBAGE).status_code == 401
    assert ask("GET", f"{url}/w/second-step/eu/api/accounts/profile", headers=GARBAGE).status_code == 401

    # API: signs a licence before the control plane was asked for its certificate
    walk(read_target(control.create_world("licences", "families"), "licences"), ["licences.content.members"])
    assert functions.maintain() == 0


def walk(target: Target, names: Sequence[str]) -> None:
    checks = {check.id: check for check in all_checks()}
    with Runner(target) as runner:
        outcomes = [runner.run_one(checks[name], "us") for name in names]
    assert [(each.check.id, each.note) for each in outcomes if each.verdict != "passed"] == []


def control_everything(control: ControlClient, world: str) -> None:
    """Use each verb that reads or writes; what some of them read is there from the walk before."""
    assert control.health()["status"] == "ready"
    assert world in control.worlds()
    assert control.summary(world)["world"] == control.state(world)["world"] == world
    assert control.journal(world, limit=3)
    assert control.har(world, limit=3)["log"]["entries"]
    assert control.read_entry(control.journal(world, limit=1)[0]["id"], world)
    assert control.verify("POST /organization/sponsorship/sync", world=world)["met"]
    assert control.read_mail(control.mail(world)[0]["id"], world)["sponsorshipToken"]
    assert set(control.push(world)["regions"]) == {"us", "eu"}
    assert next(control.events(world, after=control.journal(world, limit=500)[0]["id"]))
    use_faults(control, world)
    use_snapshots(control, world)
    assert control.odd_token("us", "user.owner@acme.test", "wrong-key", world=world)["accessToken"]
    assert control.put_settings({"realisticLimits": True}, world)["realisticLimits"]
    assert control.advance("P2Y", world=world)["items"]
    assert control.maintenance(world)
    control.clear_mail(world)
    control.clear_journal(world)
    control.seed("renewals", world)
    assert control.reset(world)["world"] == world


def use_faults(control: ControlClient, world: str) -> None:
    rule = {"match": {"service": "push"}, "effect": {"kind": "status", "status": 503}, "limit": {"times": 1}}
    found = control.add_fault(rule, world)
    assert ask("GET", control.summary(world)["regions"]["us"]["push"] + "/alive").status_code == 503
    assert control.read_fault(found["id"], world)["applied"] == 1
    control.drop_fault(found["id"], world)
    control.add_fault(rule, world)
    control.clear_faults(world)


def use_snapshots(control: ControlClient, world: str) -> None:
    control.snapshot("before", world, parts=("mail", "journal"))
    control.upload_snapshot("again", control.read_snapshot("before", world), world)
    assert control.restore("again", world)["world"] == world
    control.drop_snapshot("before", world)


def maintain_for_years(functions: Functions, control: ControlClient, world: str) -> None:
    control.seed("renewals", world)
    assert functions.maintain(timedelta(days=800)) > 0


def is_used(grant: Grant, uses: set[Use]) -> bool:
    return any(grant.covers(use) for use in uses)


def test_a_function_may_do_what_it_does(uses):
    grants = granted()
    assert sorted(use for use in uses if not any(grant.covers(use) for grant in grants)) == []


def test_a_function_may_do_nothing_that_it_never_does(uses):
    assert (
        sorted(each for each in granted() if not is_used(each, uses) and not is_used(each.in_the_other_region, uses))
        == []
    )


def test_what_is_granted_in_one_region_is_granted_in_the_other():
    grants = set(granted())
    assert {grant.in_the_other_region for grant in grants} == grants
