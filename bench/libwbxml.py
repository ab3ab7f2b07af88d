"""libwbxml, the C codec that others use, by ctypes; its XML is parsed by lxml. None of it is the project's."""

import ctypes
import ctypes.util
from typing import Any

from lxml import etree

CANONICAL = 2


class Libwbxml:
    """WBXML to XML and back; None for what it does not read."""

    def __init__(self, library: Any) -> None:
        self._free = ctypes.CDLL(None).free
        self._free.argtypes = [ctypes.c_void_p]
        self._read, self._write = library.wbxml_conv_wbxml2xml_run, library.wbxml_conv_xml2wbxml_run
        self._reader, self._writer = ctypes.c_void_p(), ctypes.c_void_p()
        if library.wbxml_conv_wbxml2xml_create(ctypes.byref(self._reader)):
            raise MemoryError
        if library.wbxml_conv_xml2wbxml_create(ctypes.byref(self._writer)):
            raise MemoryError
        library.wbxml_conv_wbxml2xml_set_gen_type(self._reader, CANONICAL)
        self._parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)

    def to_xml(self, octets: bytes) -> bytes | None:
        return self._run(self._read, self._reader, octets)

    def to_wbxml(self, xml: bytes) -> bytes | None:
        return self._run(self._write, self._writer, xml)

    def parse(self, xml: bytes) -> object:
        return etree.fromstring(xml, self._parser)

    def nothing(self) -> None:
        """A call that fails at once: what ctypes itself costs."""
        self._run(self._read, self._reader, b"")

    def _run(self, call: Any, converter: ctypes.c_void_p, octets: bytes) -> bytes | None:
        out, length = ctypes.c_void_p(), ctypes.c_uint32()
        if call(converter, octets, len(octets), ctypes.byref(out), ctypes.byref(length)):
            return None
        found = ctypes.string_at(out, length.value)
        self._free(out)
        return found


def load() -> Libwbxml | None:
    """None where it is not installed (Debian: libwbxml2-1)."""
    name = ctypes.util.find_library("wbxml2")
    try:
        return Libwbxml(ctypes.CDLL(name or "libwbxml2.so.1"))
    except OSError:
        return None
