"""Words and when they are said: transcripts in (`words`), recognition and alignment (`recognise`), segments out.

The order of the flow: ``transcripts`` (``text_files`` and a reader: ``subtitles``, ``styled_subtitles``, ``timed_files``,
``timed_lines``, ``json_files``) -> ``assembly`` (with ``asides``, ``captions``, ``tiers``, ``units``, ``untimed``) ->
``transcript_words`` or ``recognise`` (with ``alignment``, ``pronounce``, ``sphinx`` and ``whisper_speech``) -> ``segments``.
Motion and networks of our own may not enter.
"""
