"""Nothing in, the `Wording` of each inflection out."""

from adaptlab.tasks.builtin.recipe import Wording

PLURAL = Wording(
    (
        "write the plural of the noun",
        "turn the noun into the form used for several of them",
        "say what two or more of this thing are called",
        "change the word to its plural form",
        "make the noun plural",
        "rewrite the word so that it means more than one",
        "pluralise the word, with the correct spelling",
        "spell the plural form of the word correctly",
        "change the noun to the form that means more than one",
    ),
    (
        "the plural of the noun",
        "the form of the word for more than one",
        "the noun as it is written after the word 'many'",
        "the correct plural form of the word",
    ),
    "a noun",
)
PLURAL_OF_TWO = Wording(
    (
        "write the plurals of both nouns, separated by a comma",
        "make each of the two nouns plural",
        "turn both words into their plural forms",
        "rewrite the pair so that each word means more than one",
        "change the two nouns to plurals and keep the comma",
        "form the plural of the first noun and then of the second",
        "put both nouns of the pair into the plural",
        "change each of the two words to its plural and keep the comma",
    ),
    (
        "the pair of nouns in the plural",
        "the plural of each of the two nouns",
        "the list of both plurals, separated by a comma",
        "the pair of plurals, one for each of the two words",
    ),
    "two nouns separated by a comma",
)
SINGULAR = Wording(
    (
        "write the singular of the noun",
        "turn the plural noun into the form for just one",
        "say what a single one of these is called",
        "bring the word back to its singular form",
        "undo the plural and name a single one",
        "cut the word down to its singular form, the one for only one thing",
        "name only a single one of these",
        "reduce the noun to its singular form",
    ),
    (
        "the singular of the noun",
        "the form of the word for only one",
        "the noun as it is written after the word 'one'",
        "the singular form, for only one",
    ),
    "an inflected noun",
)
PAST = Wording(
    (
        "write the past tense of the verb",
        "change the verb so that it tells what happened yesterday",
        "put the verb into the simple past",
        "say the verb as it would follow the words 'last week I'",
        "turn the present form into the past form",
        "rewrite the verb as something already done",
        "give the form used for finished actions, such as went for go",
        "write the simple past form of this verb",
        "put the verb into the past tense, as if it happened yesterday",
    ),
    (
        "the past tense of the verb",
        "the simple past form",
        "the form of the verb that fits after 'yesterday we'",
        "the past tense form of this verb",
    ),
    "a verb in the present",
)
PAST_OF_TWO = Wording(
    (
        "write the past tenses of both verbs, separated by a comma",
        "put each of the two verbs into the simple past",
        "change both verbs so that they tell what happened yesterday",
        "turn the pair of verbs into their past forms and keep the comma",
        "rewrite the two actions as already done",
        "give the past form of the first verb and then of the second",
        "conjugate both verbs in the past tense and keep the comma",
        "change each of the two verbs to its past form",
    ),
    (
        "the pair of verbs in the past tense",
        "the simple past of each of the two verbs",
        "the list of both past forms, separated by a comma",
        "the pair of past tenses, one for each of the two verbs",
    ),
    "two verbs separated by a comma",
)
BASE = Wording(
    (
        "write the base form of the verb",
        "change the past-tense verb back to its base form",
        "say which infinitive this verb comes from, without the word 'to'",
        "look up the verb and give its dictionary form",
        "undo the past tense to get the plain verb",
        "turn what happened into what one does, as in go for went",
        "find the infinitive of the verb, without the word 'to'",
        "trace the verb back to its base form, as a dictionary lists it",
    ),
    (
        "the base form of the verb",
        "the plain verb, as a dictionary lists it",
        "the bare infinitive of the verb",
        "the dictionary form or bare infinitive of the verb",
    ),
    "a conjugated verb",
)
PARTICIPLE = Wording(
    (
        "write the -ing form of the verb",
        "give the present participle of the verb",
        "say the verb as it would follow the words 'she is'",
        "add -ing to the verb with the correct spelling",
        "rewrite the verb as something going on right now",
        "turn the verb into its continuous form",
        "put the verb into the form that ends in -ing",
        "make the present participle out of the base form",
    ),
    (
        "the -ing form of the verb",
        "the present participle of the verb",
        "the form of the verb that fits after 'they are'",
        "the verb with -ing added correctly",
    ),
    "a verb in its base form",
)
PARTICIPLE_OF_TWO = Wording(
    (
        "write the -ing forms of both verbs, separated by a comma",
        "give the present participle of each of the two verbs",
        "add -ing to both verbs with the correct spelling",
        "rewrite the two verbs as things going on right now",
        "turn the pair of verbs into continuous forms and keep the comma",
        "put each of the two verbs into the form that ends in -ing",
        "make both verbs end in -ing",
        "form the present participles of the first and the second verb",
    ),
    (
        "the pair of -ing forms",
        "the present participle of each of the two verbs",
        "the list of both verbs with -ing added",
        "the two-word list of present participles",
    ),
    "two verbs in their base form",
)
COMPARATIVE = Wording(
    (
        "put the adjective into the comparative",
        "rewrite the phrase with the -er form of the adjective",
        "change the phrase so that the thing has more of the quality than another one",
        "turn the adjective into the form used before than, and keep the noun",
        "make the adjective comparative and copy the noun",
        "raise the adjective by one degree, as in kinder for kind",
        "write the phrase with the comparative of its adjective",
        "replace the adjective with its -er form",
    ),
    (
        "the phrase with the adjective in the comparative",
        "the comparative of the adjective, followed by the noun",
        "the same phrase with the -er form",
        "the noun with the comparative before it",
    ),
    "an adjective and a noun",
)
SUPERLATIVE = Wording(
    (
        "put the adjective into the superlative",
        "rewrite the phrase with the -est form of the adjective",
        "change the phrase so that the thing has the most of the quality of all",
        "turn the adjective into the form that means more than any other, and keep the noun",
        "make the adjective superlative and copy the noun",
        "raise the adjective to the highest degree, as in kindest for kind",
        "write the phrase with the superlative of its adjective",
        "replace the adjective with its -est form",
    ),
    (
        "the phrase with the adjective in the superlative",
        "the superlative of the adjective, followed by the noun",
        "the same phrase with the -est form",
        "the noun with the superlative before it",
    ),
    "an adjective and a noun",
)
AGENT = Wording(
    (
        "name the person or thing that does the action, with a word in -er",
        "turn the verb into the noun for its doer",
        "write the -er noun made from the verb",
        "say what we call someone or something that does this",
        "add -er to the verb with the correct spelling",
        "derive the agent noun from the verb",
        "make a noun for the one who does it, as in teacher for teach",
        "give the word in -er for whoever does this",
    ),
    (
        "the -er noun made from the verb",
        "the word for who or what does the action",
        "the agent noun of the verb",
        "the name in -er of the doer",
    ),
    "a verb",
)
NEGATION = Wording(
    (
        "negate the word with the right prefix, such as un- or in-",
        "put un-, in-, im-, il-, ir- or dis- in front of the word so that it means the opposite",
        "write the opposite of the word that is made by adding a prefix",
        "add the correct prefix to give the word the opposite meaning",
        "attach a prefix to make the opposite, as in unkind for kind",
        "reverse the meaning by adding a prefix and keep the rest of the word",
        "attach the prefix that gives the word the opposite meaning",
        "form the opposite of the word by adding a prefix",
    ),
    (
        "the opposite of the word, formed by adding a prefix",
        "the opposite formed with a prefix such as un- or in-",
        "the word with the prefix that reverses its meaning added in front",
        "the opposite that is made by adding a prefix to the word",
    ),
    "a word",
)
UNDO_NEGATION = Wording(
    (
        "remove the negative prefix from the word",
        "take away un-, in-, im-, il-, ir- or dis- and write what is left",
        "strip the negative word down to the positive one, as in kind for unkind",
        "undo the negation by dropping the prefix",
        "write the positive word that is left without the negative prefix",
        "strip off the prefix that means not",
        "delete the negative prefix and write the positive word that is left",
        "take the negative prefix away from the word",
    ),
    (
        "the word without its negative prefix",
        "the positive form of the negated word",
        "what is left of the word after its negative prefix is removed",
        "the positive word that is left without its negative prefix",
    ),
    "a word with a negative prefix",
)
NESS = Wording(
    (
        "turn the adjective into a noun that ends in -ness",
        "write the -ness noun of the adjective",
        "name the quality that the adjective describes, with a word in -ness",
        "add -ness to the adjective with the correct spelling",
        "make the abstract noun, as in kindness for kind",
        "say what the state of being like this is called, using -ness",
        "derive the noun in -ness from the word",
        "give the word in -ness for this quality",
    ),
    (
        "the noun that ends in -ness",
        "the -ness form of the adjective",
        "the name of the quality in -ness",
        "the abstract noun in -ness made from the adjective",
    ),
    "an adjective",
)
ARTICLE = Wording(
    (
        "put a or an in front of the words",
        "add the right indefinite article, a or an",
        "choose between a and an and write it before the noun",
        "write the noun with the correct one of a and an",
        "start with a or an, whichever sounds right, and copy the rest",
        "give the words their indefinite article",
        "repeat the words after a or an, as the first sound requires",
        "place the fitting article, a or an, before the words",
    ),
    (
        "the noun with a or an before it",
        "the same words after the right indefinite article",
        "the phrase that starts with a or an, whichever is correct",
        "the noun preceded by its indefinite article, a or an",
    ),
    "a noun without an article",
)
