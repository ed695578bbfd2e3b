"""Words without a meaning of their own to be near: function words, number words, titles; they get no vector."""

_WORDS = (
    "a an the and or but so if because as than of to in on at by for from with about into onto over under after "
    "before between through during without within upon per via among amid beside besides toward towards is am are "
    "was were be been being do does did done doing has have had having will would can could shall should may "
    "might must ought i you he she it we they me him her us them my your his its our their mine yours hers ours "
    "theirs who whom whose which what when where why how that this these those there here not no nor too also "
    "just then while until though although unless whether myself yourself himself herself itself ourselves "
    "yourselves themselves someone anyone everyone somebody anybody everybody something anything some any each "
    "other another such own only even ever off out both either neither one two three four five six seven eight "
    "nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty "
    "fifty sixty seventy eighty ninety hundred thousand million billion trillion dozen first second third fourth "
    "fifth sixth seventh eighth ninth tenth zero mr mrs ms dr st ok okay oh yes yeah no well "
)
STOP_WORDS = frozenset(_WORDS.split())
