"""Words and when they are said: transcripts in, recognition and alignment, segments out.

The order of the flow: ``transcripts`` (with ``text_files`` and the readers: ``subtitles``, ``styled_subtitles``,
``timed_files``, ``timed_lines``, ``csv_tables``, ``json_files``) -> ``assembly`` (with ``asides``, ``captions``,
``tiers``, ``units`` and ``untimed``) -> ``recognise`` (with ``transcript_words``, the recognisers ``moonshine``,
``whisper_speech`` and ``sphinx``, ``word_times`` with ``alignment`` and ``pronounce``, and ``word_cache``) ->
``segments``; for a face, ``phones`` and ``phone_cache``. ``model_files`` knows where speech models lie,
``model_fetching`` brings them; ``speakers`` names who speaks to Blender's menu. Motion and networks of our own may not
enter.
"""
