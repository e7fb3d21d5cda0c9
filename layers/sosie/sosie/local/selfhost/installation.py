"""A self-hosted server's installation as a client of the cloud (docs/contract/clients.md §2 to §5).

One instance, one scope, one token. The token is asked for with the first call and used for all later ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sosie.local.selfhost.transport import chunked, json_body, uri_text

if TYPE_CHECKING:
    from sosie.local.selfhost.story import Story
    from sosie.local.selfhost.transport import Reply, Transport


class InstallationClient:
    """Speaks for one installation with one scope.

    Base URIs with a path have to end in a slash, as an administrator has to write them.
    """

    def __init__(
        self,
        transport: Transport,
        story: Story,
        *,
        identity_uri: str,
        api_uri: str,
        installation_id: str,
        installation_key: str,
        scope: str,
    ) -> None:
        self._transport = transport
        self._story = story
        self._identity = uri_text(identity_uri)
        self._api = uri_text(api_uri)
        self._id = installation_id
        self._key = installation_key
        self._scope = scope
        self._token: str | None = None

    def call(self, method: str, path: str, payload: Any) -> Reply:
        """Call the API with a chunked JSON body, on a GET as on a POST.

        Raises RefusedByCloudError if there is no token to be had, WireFailedError.
        """
        token = self._token or self._ask_for_token()
        headers = (
            ("Authorization", f"Bearer {token}"),
            ("Accept", "application/json"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Type", "application/json; charset=utf-8"),
        )
        return self._transport.send(method, f"{self._api}{path}", headers, chunked(json_body(payload)))

    def _ask_for_token(self) -> str:
        fields = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_id": f"installation.{self._id}",
            "client_secret": self._key,
        }
        body = urlencode(fields).encode("ascii")
        headers = (
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", str(len(body))),
        )
        reply = self._transport.send("POST", f"{self._identity}connect/token", headers, [body])
        token = reply.document().get("access_token")
        if reply.status != 200 or not isinstance(token, str):
            remark = "after a 400, this instance of a real server does not ask again for 24 hours"
            raise self._story.refused(reply, remark if reply.status == 400 else "")
        lifetime = reply.document().get("expires_in")
        self._story.tell(reply, f"the installation gets a token for {self._scope}, for {lifetime} s")
        self._token = token
        return token
