"""Words and when they are said: transcripts in (`words`), recognition and alignment (`recognise`), segments out.

The order of the flow: ``transcripts`` (with ``text_files`` and the readers: ``subtitles``, ``styled_subtitles``,
``timed_files``, ``timed_lines``, ``csv_tables``, ``json_files``) -> ``assembly`` (with ``asides``, ``captions``,
``tiers``, ``units`` and ``untimed``) -> ``recognise`` (with ``transcript_words``, ``alignment``, ``pronounce``,
``sphinx`` and ``whisper_speech``) -> ``segments``. ``speakers`` names who speaks to Blender's menu.
Motion and networks of our own may not enter.
"""
