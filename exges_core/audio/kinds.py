"""What kind of file this is, by its first bytes, for those that libsndfile does not read.

Only kinds named here go to ffmpeg: it would take any text for a picture and any playlist for a wish to open more files.
"""

from __future__ import annotations

_FTYP = {
    b"M4A ": "an M4A file (AAC or Apple Lossless)",
    b"M4B ": "an M4B audio book (AAC)",
    b"qt  ": "a QuickTime video (MOV)",
    b"3gp": "a 3GP recording",
    b"3g2": "a 3GP recording",
}
_STARTS = (
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file (WMA, WMV)"),
    (b"FLV\x01", "a Flash video (FLV)"),
    (b"#!AMR", "an AMR recording"),
    (b"\x0b\x77", "an AC-3 sound"),
    (b"\x7f\xfe\x80\x01", "a DTS sound"),
    (b"ADIF", "an AAC sound"),
    (b"MAC ", "a Monkey's Audio file (APE)"),
    (b"wvpk", "a WavPack file"),
    (b"TTA1", "a True Audio file (TTA)"),
    (b"MPCK", "a Musepack file"),
    (b"MP+", "a Musepack file"),
    (b"DSD ", "a DSD file (DSF)"),
    (b".RMF", "a RealMedia file"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "an MXF video"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"OggS", "an Ogg file with a codec of another kind"),
    (b"caff", "a CAF file with compressed sound (ALAC, AAC)"),
    (b"RF64", "a WAV file with compressed sound"),
    (b"FORM", "an AIFF file with compressed sound"),
    (b"fLaC", "a FLAC file"),
    (b".snd", "an AU file with compressed sound"),
)


def kind_of(head: bytes) -> str | None:
    """Return what a file is in words ("an MP4 video"), from at least its first 600 bytes, or None if unknown."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next((kind for start, kind in _FTYP.items() if brand.startswith(start)), "an MP4 video")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _FTYP[b"qt  "]
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "a WebM video" if b"webm" in head[:64] else "a Matroska video (MKV)"
    if head.startswith(b"RIFF"):
        return {b"AVI ": "an AVI video", b"WAVE": "a WAV file with compressed sound"}.get(head[8:12])
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "an AAC sound (ADTS)"
    if head[:1] == head[188:189] == head[376:377] == b"G":
        return "an MPEG transport stream (TS)"
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)
