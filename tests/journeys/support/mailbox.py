"""The captured mail: the one thing a journey may ask Sosie that it could not ask the cloud."""

import re
from typing import Any
from urllib.parse import quote, unquote_plus

import httpx

from tests.journeys.support.region import Region
from tests.journeys.support.server import Sosie

OFFER = re.compile(
    r"(?P<vault>https?://[^#\s]+)/#/accept-families-for-enterprise"
    r"\?token=(?P<token>BWOrganizationSponsorship_[A-Za-z0-9_-]+)&email=(?P<email>[^&\s\"<]+)(?P<register>&register=true)?"
)


class Mailbox:
    def __init__(self, sosie: Sosie, http: httpx.Client):
        self._sosie = sosie
        self._http = http

    def received(self, region: Region, to: str) -> list[dict[str, Any]]:
        """All mail to this address in this region, oldest first."""
        answer = self._sosie.control("GET", f"/mail?to={quote(to, safe='')}")
        mails = [mail for mail in answer["items"] if mail["to"] == to and mail["region"] == region.name]
        return sorted(mails, key=lambda mail: mail["at"])

    def offers(self, region: Region, to: str) -> list[dict[str, Any]]:
        return [mail for mail in self.received(region, to) if mail["category"] == "FamiliesForEnterpriseOffer"]

    def offer_token(self, region: Region, to: str, *, new_account: bool = False) -> str:
        """The sponsorship token of the newest offer, once its link has the shape of api.md §2.11."""
        mails = self.offers(region, to)
        assert mails, f"no offer was mailed to {to} in {region.name}"
        mail = mails[-1]
        assert mail["subject"] == "Accept your Sponsored Families Plan"
        links = [found for link in mail["links"] if (found := OFFER.fullmatch(link))]
        assert len(links) == 1, mail["links"]
        link = links[0]
        assert link["vault"] == self._vault(region)
        assert unquote_plus(link["email"]) == to
        assert "@" not in link["email"], "the address in the link is url-encoded"
        assert bool(link["register"]) == new_account, "only an address without an account is asked to register"
        assert link["token"] == mail["sponsorshipToken"]
        assert link["token"] in mail["text"] + mail["html"]
        return link["token"]

    def _vault(self, region: Region) -> str:
        config = self._http.get(f"{region.api}/config").raise_for_status().json()
        assert config["environment"]["cloudRegion"] == region.name.upper()
        return config["environment"]["vault"]
