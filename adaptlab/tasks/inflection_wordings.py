"""Nothing in, the `Wording` of each inflection out."""

from adaptlab.tasks.recipe import Wording

PLURAL = Wording(
    (
        "write the plural of the noun",
        "turn the singular noun into the form used for several of them",
        "say what two or more of this thing are called",
        "change the word from singular to plural",
        "make the noun plural",
        "rewrite the word so that it means more than one",
        "give the many-form of the noun, spelt correctly",
        "pluralise the word",
        "name several of these instead of one",
    ),
    (
        "the plural of the noun",
        "the form of the word for more than one",
        "the noun as it is written after the word 'two'",
        "the correct plural form",
    ),
    "a noun in the singular",
)
PLURAL_OF_TWO = Wording(
    (
        "write the plurals of both nouns, separated by a comma",
        "make each of the two nouns plural",
        "turn both words into their plural forms",
        "rewrite the pair so that each word means more than one",
        "change the two singular nouns to plurals and keep the comma",
        "pluralise the first noun and then the second",
        "put both nouns into the plural",
        "give the many-form of each of the two words",
    ),
    (
        "the pair of nouns in the plural",
        "the plural of each of the two nouns",
        "the list of both plurals, separated by a comma",
        "the two-word list with plural forms",
    ),
    "two singular nouns",
)
SINGULAR = Wording(
    (
        "write the singular of the noun",
        "turn the plural noun into the form for just one",
        "say what a single one of these is called",
        "change the word from plural to singular",
        "undo the plural",
        "rewrite the word so that it means only one thing",
        "name one of these instead of several",
        "put the plural noun into the singular",
    ),
    (
        "the singular of the noun",
        "the form of the word for only one",
        "the noun as it is written after the word 'one'",
        "the correct singular form",
    ),
    "a noun in the plural",
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
        "conjugate the verb in the past tense",
        "move the action of the verb into the past",
    ),
    (
        "the past tense of the verb",
        "the simple past form",
        "the form of the verb that fits after 'yesterday we'",
        "the verb in the past",
    ),
    "a verb in its base form",
)
PAST_OF_TWO = Wording(
    (
        "write the past tenses of both verbs, separated by a comma",
        "put each of the two verbs into the simple past",
        "change both verbs so that they tell what happened yesterday",
        "turn the pair of verbs into their past forms and keep the comma",
        "rewrite the two actions as already done",
        "give the past form of the first verb and then of the second",
        "conjugate both verbs in the past tense",
        "move both actions into the past",
    ),
    (
        "the pair of verbs in the past tense",
        "the simple past of each of the two verbs",
        "the list of both past forms, separated by a comma",
        "the two-word list of past tenses",
    ),
    "two verbs in their base form",
)
BASE = Wording(
    (
        "write the base form of the past-tense verb",
        "change the verb from the past back to the present form used with I",
        "say which verb has this past tense",
        "undo the past tense",
        "give the dictionary form of the verb",
        "turn what happened into what one does, as in go for went",
        "find the infinitive of the verb, without the word 'to'",
        "reduce the past form to the plain verb",
    ),
    (
        "the base form of the verb",
        "the verb that has this past tense",
        "the plain infinitive of the verb",
        "the dictionary form behind the past tense",
    ),
    "a verb in the past tense",
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
        "write the opposite of the word that is made by a prefix",
        "add the correct negative prefix to the word",
        "turn the word into its negative, as in unkind for kind",
        "reverse the meaning by a prefix and keep the rest of the word",
        "attach the prefix that makes the word negative",
        "form the negative of the word by prefixing it",
    ),
    (
        "the word with its negative prefix",
        "the opposite formed by a prefix such as un- or in-",
        "the negated form of the word",
        "the same word made negative by a prefix",
    ),
    "a word",
)
UNDO_NEGATION = Wording(
    (
        "remove the negative prefix from the word",
        "take away un-, in-, im-, il-, ir- or dis- and write what is left",
        "turn the negative word into the positive one, as in kind for unkind",
        "undo the negation by dropping the prefix",
        "write the word without the prefix that makes it negative",
        "strip off the prefix that means not",
        "give the positive word that was negated by a prefix",
        "delete the negating prefix and keep the rest",
    ),
    (
        "the word without its negative prefix",
        "the positive form of the negated word",
        "the rest of the word after the prefix that means not",
        "the word that the negative prefix was added to",
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
