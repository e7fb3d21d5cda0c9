"""What a client reads about its account and the cloud (docs/contract/api.md §4.3 to §4.5, §4.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.expect import words
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PROFILE = words("""
    object id name email emailVerified premium premiumFromOrganization culture twoFactorEnabled key privateKey
    accountKeys securityStamp forcePasswordReset usesKeyConnector avatarColor creationDate verifyDevices organizations
    organizationsNew providers providerOrganizations
""")
_SYNC = words("object profile folders collections ciphers policies policiesNew sends domains userDecryption")


@check("accounts.profile.shape", "api.md §4.3", "A profile has all members, nulls included.")
def profile(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/accounts/profile"))
    expect.has_members("profile", found, _PROFILE)
    expected = {"object": "profile", "email": cloud.owner.email, "providers": [], "providerOrganizations": []}
    expect.part("profile", found, expected)
    expect.matches("creationDate", found["creationDate"], expect.WIRE_DATE)


@check("accounts.profile.account-keys", "api.md §4.3", "accountKeys has null for what older accounts lack.")
def account_keys(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/accounts/profile"))
    expected = {"object": "privateKeys", "signatureKeyPair": None, "securityState": None}
    expect.part("accountKeys", found["accountKeys"], expected)
    pair = {"object": "publicKeyEncryptionKeyPair", "wrappedPrivateKey": found["privateKey"], "signedPublicKey": None}
    expect.part("key pair", found["accountKeys"]["publicKeyEncryptionKeyPair"], pair)


@check("accounts.sync.shape", "api.md §4.4", "A sync has a profile, lists and what unlocking needs.")
def sync(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/sync?excludeDomains=true"))
    expect.has_members("sync", found, _SYNC)
    expect.part("sync", found, {"object": "sync", "domains": None})
    for name in ("folders", "collections", "ciphers", "policies", "policiesNew", "sends"):
        expect.kind(f"sync.{name}", found[name], list)
    unlock = found["userDecryption"]["masterPasswordUnlock"]
    expect.members("masterPasswordUnlock", unlock, ("kdf", "masterKeyEncryptedUserKey", "salt", "containedKeyId"))
    expect.same("masterKeyEncryptedUserKey", unlock["masterKeyEncryptedUserKey"], found["profile"]["key"])


@check("accounts.sync.domains", "api.md §4.4", "Domains come with a sync unless they are excluded.")
def domains(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/sync"))["domains"]
    expect.has_members("domains", found, ("object", "equivalentDomains", "globalEquivalentDomains"))


@check("accounts.revision-date", "api.md §4.3", "The revision date is a bare positive number of milliseconds.")
def revision_date(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/accounts/revision-date"))
    expect.kind("revision date", found, int)
    expect.holds("milliseconds since 1970", found > 1_000_000_000_000, found)


@check("accounts.organizations.shape", "api.md §4.3", "The organizations are a list.")
def organizations(cloud: Cloud) -> None:
    found = expect.document(cloud.owner.call("GET", "/organizations"))
    expect.part("list", found, {"object": "list", "continuationToken": None})
    expect.kind("data", found["data"], list)


@check("accounts.organizations.permissions", "api.md §4.2", "An owner's 13 permissions are all false.")
def permissions(cloud: Cloud) -> None:
    mine = cloud.shared
    found = mine.owner.profile(mine.id)["permissions"]
    values = [value for name, value in found.items() if name != "object"]
    expect.same("permissions", values, [False] * 13)


@check("reference.config.shape", "api.md §4.5", "Without a token the configuration tells versions and addresses.")
def config(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", "/config"))
    names = ("version", "gitHash", "environment", "featureStates", "push", "communication", "settings")
    expect.has_members("config", found, names)
    expect.part("config", found, {"object": "config", "server": None})
    environment = ("cloudRegion", "vault", "api", "identity", "notifications", "sso")
    expect.has_members("environment", found["environment"], environment)
    expect.part("push", found["push"], {"vapidPublicKey": None})


@check("reference.plans.shape", "api.md §4.8", "Without a token the plans are listed, those that are sold at least.")
def plans(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", "/plans"))
    expect.part("list", found, {"object": "list", "continuationToken": None})
    types = {each["type"] for each in found["data"]}
    for plan in (0, 18, 20, 22):
        expect.holds(f"a plan of type {plan}", plan in types, sorted(types))


@check("reference.plans.families", "api.md §4.8", "The Families plan has six seats.")
def families(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", "/plans"))["data"]
    plan = next(each for each in found if each["type"] == 22)
    expected = {"object": "plan", "productTier": 1, "nameLocalizationKey": "planNameFamilies", "hasSelfHost": True}
    expect.part("plan", plan, expected)
    expect.part("passwordManager", plan["passwordManager"], {"baseSeats": 6})
