"""What the phone in the terminal says of documents."""

from onesoup.phone.terminal.words import as_xml


def test_a_document_is_shown_without_passwords_and_digests():
    shown = as_xml(b"<Login-Request><UserID>a</UserID><Password>b1</Password><DigestBytes>c1</DigestBytes></Login-Request>")
    assert shown == ("<Login-Request><UserID>a</UserID><Password>***</Password><DigestBytes>***</DigestBytes></Login-Request>")
