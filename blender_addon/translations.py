# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tab says in other languages; begun for German, Japanese and Chinese. What is missing stays English."""

from __future__ import annotations

_LANGUAGES = ("de_DE", "ja_JP", "zh_HANS")
_WORDS: dict[str, tuple[str, str, str]] = {
    "Speech": ("Sprache", "音声", "语音"),
    "Speech From": ("Sprache aus", "音声の元", "语音来源"),
    "Controls": ("Eigene Posen", "自分のポーズ", "自己的姿势"),
    "Gestures": ("Gesten", "ジェスチャー", "手势"),
    "Next Take": ("Nächster Take", "次のテイク", "下一条"),
    "Takes": ("Takes", "テイク", "条目"),
    "Bone Map": ("Knochenzuordnung", "ボーン対応", "骨骼对应"),
    "Generate": ("Erzeugen", "生成", "生成"),
    "Generate Range": ("Bereich erzeugen", "範囲を生成", "生成范围"),
    "Cancel (Esc)": ("Abbrechen (Esc)", "キャンセル (Esc)", "取消 (Esc)"),
    "Check": ("Prüfen", "確認", "检查"),
    "Seed": ("Startwert", "シード", "种子"),
    "Style": ("Stil", "スタイル", "风格"),
    "Energy": ("Lebhaftigkeit", "活発さ", "活力"),
    "Calm": ("Ruhig", "穏やか", "平静"),
    "Vivid": ("Lebhaft", "生き生き", "生动"),
    "Intensity": ("Stärke", "強さ", "强度"),
    "Gesture Strength": ("Gestenstärke", "ジェスチャーの強さ", "手势强度"),
    "Retrieve Gestures": ("Gesten suchen", "ジェスチャーを検索", "检索手势"),
    "Gestures Move": ("Gesten bewegen", "動かす部分", "手势作用于"),
    "Keep My Path": ("Meinen Weg behalten", "自分の軌道を保つ", "保留我的路径"),
    "Only Chosen Bones": ("Nur gewählte Knochen", "選んだボーンのみ", "仅选定骨骼"),
    "Choose Selected": ("Auswahl übernehmen", "選択を採用", "采用所选"),
    "Range": ("Bereich", "範囲", "范围"),
    "Whole": ("Ganz", "全体", "全部"),
    "Selected Keys": ("Ausgewählte Keys", "選択したキー", "选中的关键帧"),
    "Every Frame": ("Jeder Frame", "毎フレーム", "每一帧"),
    "Fewer": ("Weniger", "少なめ", "精简"),
    "Tolerance": ("Toleranz", "許容誤差", "容差"),
    "As Active Action": ("Als aktive Aktion", "アクティブアクションとして", "作为活动动作"),
    "Transcript": ("Text", "台本", "文字稿"),
    "Pin": ("Anheften", "固定", "固定"),
    "Ban": ("Sperren", "禁止", "禁用"),
    "No Gesture": ("Keine Geste", "ジェスチャーなし", "无手势"),
    "Preview": ("Vorschau", "プレビュー", "预览"),
    "End Preview": ("Vorschau beenden", "プレビュー終了", "结束预览"),
    "Words as Markers": ("Wörter als Marker", "単語をマーカーに", "词语作为标记"),
    "Add Take to My Motion Base": (
        "Take in meine Bewegungsbasis",
        "テイクを自分のモーションベースへ",
        "将此条加入我的动作库",
    ),
    "None yet": ("Noch keine", "まだありません", "暂无"),
    "Engine not started": ("Engine nicht gestartet", "エンジン未起動", "引擎未启动"),
    "Engine starts...": ("Engine startet...", "エンジン起動中...", "引擎启动中..."),
    "Engine ready · {device}": ("Engine bereit · {device}", "エンジン準備完了 · {device}", "引擎就绪 · {device}"),
    "No engine chosen yet": ("Noch keine Engine gewählt", "エンジンが未選択です", "尚未选择引擎"),
    "Choose the Engine": ("Engine wählen", "エンジンを選択", "选择引擎"),
    "Choose the character's armature": (
        "Wähle die Armatur der Figur",
        "キャラクターのアーマチュアを選んでください",
        "请选择角色的骨架",
    ),
    "Choose the engine in the add-on's preferences": (
        "Wähle die Engine in den Einstellungen des Add-ons",
        "アドオンの設定でエンジンを選んでください",
        "请在插件偏好设置中选择引擎",
    ),
    "The scene has no armature": (
        "Die Szene hat keine Armatur",
        "シーンにアーマチュアがありません",
        "场景中没有骨架",
    ),
    "The sequencer has no sound strip": (
        "Der Sequencer hat keinen Tonstreifen",
        "シーケンサーにサウンドストリップがありません",
        "序列编辑器中没有声音片段",
    ),
    "Choose a sound file": ("Wähle eine Tondatei", "音声ファイルを選んでください", "请选择声音文件"),
    "A take is being generated": ("Ein Take wird erzeugt", "テイクを生成しています", "正在生成"),
    "Hearing the words": ("Worte verstehen", "言葉を聞き取り中", "正在识别词语"),
    "Hearing the voice": ("Stimme hören", "声を分析中", "正在分析声音"),
    "Finding gestures": ("Gesten suchen", "ジェスチャーを検索中", "正在检索手势"),
    "Making the motion": ("Bewegung machen", "動きを生成中", "正在生成动作"),
    "Smoothing": ("Glätten", "なめらかに調整中", "正在平滑"),
    "{seconds} s left": ("noch {seconds} s", "残り {seconds} 秒", "剩余 {seconds} 秒"),
    "seed {seed}": ("Startwert {seed}", "シード {seed}", "种子 {seed}"),
    "{found} of {all} bones": ("{found} von {all} Knochen", "{all} 個中 {found} 個のボーン", "{found}/{all} 根骨骼"),
    "{poses} poses, {bones} bones": (
        "{poses} Posen, {bones} Knochen",
        "ポーズ {poses}、ボーン {bones}",
        "{poses} 个姿势，{bones} 根骨骼",
    ),
    "No keys of your own: key a pose, and the motion will pass through it.": (
        "Keine eigenen Keys: Setze eine Pose, und die Bewegung geht durch sie hindurch.",
        "自分のキーがありません。ポーズにキーを打つと、動きがそこを通ります。",
        "没有自己的关键帧：为一个姿势打关键帧，动作就会经过它。",
    ),
}

TABLES: dict[str, dict[tuple[str, str], str]] = {
    language: {
        (context, text): said[place]
        for text, said in _WORDS.items()
        for context in (("*", "Operator") if text[0].isupper() else ("*",))
    }
    for place, language in enumerate(_LANGUAGES)
}
"""Language -> (context, English) -> translation, as `bpy.app.translations.register` takes it."""
