"""The messages of a password login by SAML ECP, which MAST used until its tokens came.

1. The archive answers the login page with an envelope whose header names the address that will
   take the proof (`encode_challenge`, `decode_challenge`).
2. The identity provider gets that envelope without its header, and the password as Basic login;
   it answers with the proof and the address that it is meant for (`encode_proof`, `decode_proof`).
3. That address gets the proof, with the archive's own mark in place of the provider's header
   (`Proof.delivery`, `decode_delivery`), and answers with the session's cookie.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.xml import parse_xml

LOGIN_PAGE = "/api/v0/Mashup/Login/login.html"
PROVIDER = "/idp/profile/SAML2/SOAP/ECP"
CONSUMER = "/Shibboleth.sso/SAML2/ECP"
XML_TYPE = "application/vnd.paos+xml"
ACCEPT = f"text/html; {XML_TYPE}"
PAOS = 'ver="urn:liberty:paos:2003-08";"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"'

SPACES = {
    "S": "http://schemas.xmlsoap.org/soap/envelope/",
    "paos": "urn:liberty:paos:2003-08",
    "ecp": "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
}
TICKET = "topmast:ticket"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the login page asks for."""

    consumer_url: str
    relay_state: str
    envelope: bytes = field(repr=False)
    """What the identity provider gets."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the identity provider answers."""

    consumer_url: str
    envelope: ElementTree.Element = field(repr=False)

    def delivery(self, relay_state: str) -> bytes:
        """The body for the consumer: the proof, with the archive's mark for its header."""
        header = self.envelope.find("S:Header", SPACES)
        if header is None:
            header = ElementTree.Element(_name("S:Header"))
            self.envelope.insert(0, header)
        header.clear()
        relay = ElementTree.SubElement(header, _name("ecp:RelayState"), _in_soap())
        relay.text = relay_state
        return _written(self.envelope)


# ----------------------------------------------------------------------------- the login page


def encode_challenge(consumer_url: str, relay_state: str, request_id: str, moment: str) -> bytes:
    """The envelope of the login page; `request_id` and `moment` name this one request."""
    envelope, header, body = _envelope()
    ElementTree.SubElement(
        header,
        _name("paos:Request"),
        {"responseConsumerURL": consumer_url, "service": SPACES["ecp"], **_in_soap()},
    )
    relay = ElementTree.SubElement(header, _name("ecp:RelayState"), _in_soap())
    relay.text = relay_state
    ElementTree.SubElement(
        body,
        _name("samlp:AuthnRequest"),
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": moment,
            "AssertionConsumerServiceURL": consumer_url,
        },
    )
    return _written(envelope)


def decode_challenge(content: bytes) -> Challenge:
    """The login page of an archive that takes passwords; BadAnswerError if it is none."""
    envelope = _read_answer(content)
    header = envelope.find("S:Header", SPACES)
    request = envelope.find("S:Header/paos:Request", SPACES)
    relay = envelope.find("S:Header/ecp:RelayState", SPACES)
    consumer_url = "" if request is None else request.get("responseConsumerURL", "")
    if header is None or relay is None or not consumer_url:
        raise BadAnswerError("The login page names no address for the proof of the password.")
    envelope.remove(header)
    return Challenge(consumer_url, relay.text or "", _written(envelope))


# -------------------------------------------------------------------------- identity provider


def encode_proof(consumer_url: str, ticket: str, moment: str) -> bytes:
    """The identity provider's answer to the right password; `ticket` is good for one session."""
    envelope, header, body = _envelope()
    ElementTree.SubElement(
        header, _name("ecp:Response"), {"AssertionConsumerServiceURL": consumer_url, **_in_soap()}
    )
    common = {"Version": "2.0", "IssueInstant": moment}
    response = ElementTree.SubElement(
        body, _name("samlp:Response"), {"Destination": consumer_url, **common}
    )
    assertion = ElementTree.SubElement(response, _name("saml:Assertion"), common)
    statement = ElementTree.SubElement(assertion, _name("saml:AttributeStatement"))
    attribute = ElementTree.SubElement(statement, _name("saml:Attribute"), {"Name": TICKET})
    value = ElementTree.SubElement(attribute, _name("saml:AttributeValue"))
    value.text = ticket
    return _written(envelope)


def decode_proof(content: bytes) -> Proof:
    """The identity provider's answer; BadAnswerError if it is none."""
    envelope = _read_answer(content)
    response = envelope.find("S:Header/ecp:Response", SPACES)
    consumer_url = "" if response is None else response.get("AssertionConsumerServiceURL", "")
    if not consumer_url:
        raise BadAnswerError("The identity provider does not say whom its proof is meant for.")
    return Proof(consumer_url, envelope)


# ----------------------------------------------------------------------------------- consumer


def decode_delivery(content: bytes) -> str:
    """The ticket in a proof that was handed in; InvalidQueryError if there is none."""
    try:
        envelope = parse_xml(content)
    except ValueError as problem:
        raise InvalidQueryError(f"The proof of a login cannot be read: {problem}.") from problem
    value = envelope.find(
        f"S:Body/samlp:Response//saml:Attribute[@Name='{TICKET}']/saml:AttributeValue", SPACES
    )
    ticket = "" if value is None else (value.text or "").strip()
    if not ticket:
        raise InvalidQueryError("The proof of a login holds no ticket.")
    return ticket


# -------------------------------------------------------------------------------------- parts


def _envelope() -> tuple[ElementTree.Element, ElementTree.Element, ElementTree.Element]:
    envelope = ElementTree.Element(_name("S:Envelope"))
    header = ElementTree.SubElement(envelope, _name("S:Header"))
    return envelope, header, ElementTree.SubElement(envelope, _name("S:Body"))


def _name(prefixed: str) -> str:
    prefix, _, name = prefixed.partition(":")
    return f"{{{SPACES[prefix]}}}{name}"


def _in_soap() -> dict[str, str]:
    actor = "http://schemas.xmlsoap.org/soap/actor/next"
    return {_name("S:mustUnderstand"): "1", _name("S:actor"): actor}


def _written(envelope: ElementTree.Element) -> bytes:
    return ElementTree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def _read_answer(content: bytes) -> ElementTree.Element:
    try:
        return parse_xml(content)
    except ValueError as problem:
        raise BadAnswerError(f"The answer to the login cannot be read: {problem}.") from problem


for _prefix, _space in SPACES.items():
    # Older clients look for these very prefixes.
    ElementTree.register_namespace(_prefix, _space)
