"""Diagnoses of addresses, routes and bodies: what is wrong before anybody is asked who they are."""

from __future__ import annotations

from sosie.diagnosis.model import Diagnosis

REQUESTS = (
    Diagnosis(
        "ADDRESS_UNKNOWN",
        "The path names no region and service, and the host is none of the cloud's.",
        "The path {path} names no region and service, and the host {host} is none of the cloud's.",
        "Begin base URIs with a region and a service, such as {api_uri}; `sosie env` prints them.",
    ),
    Diagnosis(
        "REGION_MISSING",
        "The path begins with a service and names no region.",
        "The path {path} begins with a service and names no region.",
        "Put /us or /eu in front of the service, such as {api_uri}; `sosie env` prints base URIs.",
    ),
    Diagnosis(
        "WORLD_UNKNOWN",
        "The path names a world that nobody created.",
        "No world is named {world}.",
        "Create it with PUT /_sosie/worlds/{world}, or correct the name in the base URI.",
    ),
    Diagnosis(
        "BASE_URI_GLUED",
        "The base URI has a path but no final slash, so the client glued the route to it.",
        "The path {path} is a base URI and a route glued together: this client puts no slash between them.",
        "End the base URI with a slash: {service_uri}.",
    ),
    Diagnosis(
        "DOUBLE_SLASH",
        "The path holds a doubled slash, which the cloud does not route.",
        "The path {path} holds a doubled slash, which the cloud does not route.",
        "Take the final slash off the base URI {service_uri}: this client adds one itself.",
    ),
    Diagnosis(
        "UNKNOWN_ROUTE",
        "The service has no such route, and no other service has it.",
        "No route of the {service} service is {method} {path}.",
        "Check the path{nearest}; docs/fidelity.md lists all routes.",
    ),
    Diagnosis(
        "ROUTE_OF_OTHER_SERVICE",
        "The route belongs to another service than the one that was asked.",
        "A route {method} {path} is at the {right_service} service, and the {service} service was asked.",
        "Send it to {right_uri}.",
    ),
    Diagnosis(
        "METHOD_NOT_ALLOWED",
        "The path exists for another method.",
        "The route {path} takes {allowed}, not {method}.",
        "Send {allowed}, if that is what is meant.{meant}",
    ),
    Diagnosis(
        "RATE_LIMITED",
        "One address sent more requests to this endpoint than the cloud takes in that time.",
        "One address sent more requests of {method} {path} than the cloud takes in {period}.",
        "Wait {seconds} s, as Retry-After says. A client that keeps its token asks for few; where tests are meant to "
        "be fast, switch the world's setting realisticLimits off.",
    ),
    Diagnosis(
        "POST_BECAME_GET",
        "A route for POST was asked with GET, as after a redirect of a POST.",
        "The route {path} takes {allowed} and was asked with {method}; a POST that was redirected arrives like this.",
        "Write the final address into the client, {service_uri}: a redirect with 301 or 302 turns a POST into a GET "
        "and drops its body.",
    ),
    Diagnosis(
        "PUSH_DELETE_LEGACY_PATH",
        "A device is unregistered in a way that the relay has no route for, as vaultwarden does it.",
        "The relay has no {method} {path}: the device stays registered.",
        'Send POST {push_uri}push/delete with the body {{"id":"…"}}; vaultwarden cannot, and ignores the 404.',
    ),
    Diagnosis(
        "NOT_SIMULATED",
        "The cloud has this; Sosie does not simulate it.",
        "The cloud has {what}; Sosie does not simulate it.",
        "See docs/fidelity.md for what is simulated.",
    ),
    Diagnosis(
        "SELF_HOSTED_ONLY",
        "The route is one that only self-hosted servers answer.",
        "The route {method} {path} is a self-hosted server's own; the cloud always refuses it.",
        "Send it to the API of the self-hosted server.",
    ),
    Diagnosis(
        "SOSIE_FAILED",
        "Sosie itself failed; this is a defect of the simulator, not of the client.",
        "Sosie itself failed at {method} {path}; this is a defect of the simulator, not of the client.",
        "Report it with the journal entry and the server's log.",
    ),
    Diagnosis(
        "ANSWER_TOO_LARGE",
        "The answer is larger than the 6 MB that a Lambda function can give; only a deployed Sosie has this limit.",
        "The answer to {method} {path} is larger than the 6 MB a Lambda function can give, so nothing of it happened.",
        "Let the client take compressed answers (Accept-Encoding: gzip), send smaller batches or keep fewer rows, "
        "or use an embedded Sosie.",
    ),
    Diagnosis(
        "SOSIE_BUSY",
        "Sosie's store had no capacity left, or too many requests changed the same thing at once.",
        "Sosie could not store what {method} {path} did: too much was going on at once.",
        "Send it again a little later, as Retry-After says. If it happens often, see docs/scale.md.",
    ),
    Diagnosis(
        "BODY_MISSING",
        "The route needs a JSON body and got none.",
        "The route {method} {path} needs a JSON body, and none arrived.",
        "Send the body with Content-Type: application/json; check that no proxy strips the body of a GET.",
    ),
    Diagnosis(
        "BODY_WITHOUT_CONTENT_TYPE",
        "A body arrived without saying what it is.",
        "A body of {size} bytes arrived at {path} without a content type.",
        "Send Content-Type: {wanted}.",
    ),
    Diagnosis(
        "CONTENT_TYPE_WRONG",
        "The body is of another type than the route reads.",
        "The body that arrived at {path} says it is {sent}, and the route reads {wanted}.",
        "Send Content-Type: {wanted}, and a body of that type.",
    ),
    Diagnosis(
        "BODY_NOT_JSON",
        "The body says it is JSON and cannot be read.",
        "The body that arrived at {path} cannot be read. {problem}",
        "Send one valid JSON object in UTF-8.",
    ),
    Diagnosis(
        "FIELDS_INVALID",
        "Members of the body or parameters are missing, of a wrong type, or break a rule.",
        "The request at {path} breaks the rules of {fields}.",
        "The answer's validationErrors say what each of them must be.",
    ),
    Diagnosis(
        "ID_NOT_GUID",
        "An id in the client id, the path or the query is no GUID.",
        "What was sent as {what} is not a GUID: it has {length} characters.",
        "Use the id as it was given out: 36 characters with hyphens.",
    ),
)
