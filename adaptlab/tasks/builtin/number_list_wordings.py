"""The argument of an operation on a list of numbers in, the `Wording` of the task out."""

from dataclasses import dataclass

from adaptlab.tasks.builtin.recipe import Wording

_GIVEN = "a list of numbers"


@dataclass(frozen=True)
class Kind:
    """Words for a kind of number: `even numbers`, `is even`, `are even`."""

    many: str
    one: str
    all: str


@dataclass(frozen=True)
class Change:
    """Words for a change of a number: `add 2 to {}`, `adding 2 to {}`, `increase {} by 2`, `increased by 2`, `n + 2`.

    The braces stand for what is changed.
    """

    do: str
    doing: str
    turn: str
    done: str
    value: str


def keep(kind: Kind) -> Wording:
    """Write only the numbers of a kind."""
    many = kind.many
    return Wording(
        (
            f"keep only the {many} and drop everything else",
            f"filter the list, leaving just the numbers that {kind.all}",
            f"copy every number of the list that {kind.one} and skip the others",
            f"go through the list and write down each number that {kind.one}, with commas in between",
            f"shorten the list to the {many} in it",
            f"write the list again, but with nothing except its {many}",
            f"select all the {many} and write them in the given order",
            f"list those of the numbers that {kind.all}, in the order in which they stand",
        ),
        (
            f"the list reduced to its {many}",
            f"the list of only the {many}, separated by commas",
            f"the list of those given numbers that {kind.all}",
            f"the shorter list that has just the {many} in it",
        ),
        _GIVEN,
    )


def remove(kind: Kind) -> Wording:
    """Write all the numbers that are not of a kind."""
    many = kind.many
    return Wording(
        (
            f"remove the {many} from the list",
            f"delete every number that {kind.one} and write the rest of the list",
            f"cross out all the {many} and write what is left",
            f"leave out each number that {kind.one} and copy the others",
            f"write the list again without its {many}",
            f"drop the numbers that {kind.all} and keep the rest in order",
            f"skip the {many} and list the remaining numbers",
            f"strike out any number that {kind.one} and give the others, separated by commas",
        ),
        (
            f"the list without its {many}",
            f"the list after all the {many} have been removed",
            f"the list minus every number that {kind.one}",
            f"the list that remains when the {many} are taken out",
        ),
        _GIVEN,
    )


def count(kind: Kind) -> Wording:
    """Say how many numbers are of a kind."""
    many = kind.many
    return Wording(
        (
            f"count the {many} in the list",
            f"write how many of the numbers {kind.all}",
            f"tell me how many {many} there are in the list",
            f"go through the list and count each number that {kind.one}",
            f"work out how many numbers of the list {kind.all}",
            f"give the count of {many} in the list as a digit",
            f"say how many {many} the list contains",
            f"check each number and count those that {kind.all}",
        ),
        (
            f"the number of {many} in the list",
            f"the count of those numbers that {kind.all}",
            f"the digit that tells how many {many} are listed",
            f"the total count of {many} that the list contains",
        ),
        _GIVEN,
    )


def change(words: Change) -> Wording:
    """Change every number in the same way."""
    return Wording(
        (
            words.do.format("every number of the list"),
            f"{words.do.format('each of the listed numbers')} and write the results as a list",
            f"{words.turn.format('every number')} and write the new list",
            f"replace each number n by {words.value}",
            f"go from number to number and {words.do.format('each')}",
            f"write the list again with each number {words.done}",
            f"{words.turn.format('all the numbers')} without changing their order",
            f"write the list that you get by {words.doing.format('each number')}",
        ),
        (
            f"the list with every number {words.done}",
            f"the new list after {words.doing.format('all its numbers')}",
            f"the list of the values {words.value}, one for each listed number n",
            f"the list that results when you {words.do.format('each number')}",
        ),
        _GIVEN,
    )


def append(number: str) -> Wording:
    """Write one more number after the last."""
    return Wording(
        (
            f"append the number {number} to the end of the list",
            f"copy the list and put {number} after its last number",
            f"end the list with an additional {number}",
            f"copy the list and finish it with the number {number}",
            f"continue the list to the right with one more number, {number}",
            f"copy the numbers and close the list with a comma and {number}",
            f"finish the list by appending {number} at the end",
            f"copy the list and attach {number} to its end, after the last number",
        ),
        (
            f"the list with {number} appended at the end",
            f"the copied list followed by a comma and {number}",
            f"the list continued by {number} in last position",
            f"the list that ends with an appended {number}",
        ),
        _GIVEN,
    )


def prepend(number: str) -> Wording:
    """Write one more number before the first."""
    return Wording(
        (
            f"insert the number {number} at the front of the list",
            f"write {number} first and then the given numbers",
            f"put {number} in front of the first number of the list",
            f"begin with {number} and let the given numbers follow",
            f"prepend {number} to the list",
            f"open the list with {number}, placed before the first number",
            f"start with {number} at the front and let the given numbers follow",
            f"prepend the number {number}, so that it stands before the first number",
        ),
        (
            f"the list with {number} inserted at the front",
            f"the list preceded by {number} and a comma",
            f"the list that begins with {number}, before the given numbers",
            f"the list with {number} prepended before its first number",
        ),
        _GIVEN,
    )


def drop(place: str) -> Wording:
    """Leave out the number in a position."""
    return Wording(
        (
            f"drop the {place} number of the list",
            f"write all the numbers except the {place} one",
            f"remove the number that stands {place} and copy the others",
            f"copy the list without its {place} number",
            f"cross out the {place} of the listed numbers and give the rest",
            f"make the list shorter by cutting off its {place} number",
            f"drop the number in {place} position and write all the numbers except this one",
            f"remove the {place} of the listed numbers and copy the list without it",
        ),
        (
            f"the list without its {place} number",
            f"the rest of the list once the {place} number is gone",
            f"the list of all numbers but the {place}",
            f"the shorter list that lacks only the {place} number",
        ),
        _GIVEN,
    )


REPEAT_LAST = Wording(
    (
        "write the whole list and say its last number again",
        "copy the list and then write its last number once more",
        "append another copy of the last number to the end of the list",
        "write all the numbers and repeat the last one",
        "make the list one longer by repeating its last number",
        "list the same numbers, but let the last one appear two times in a row",
        "extend the list with a second copy of its last number",
        "give the whole list, but write its last number twice",
    ),
    (
        "the whole list with its last number repeated",
        "the list followed by another copy of its last number",
        "the same list with the last number written two times",
        "the longer list that ends with its old last number twice",
    ),
    _GIVEN,
)
SUM = Wording(
    (
        "add up all the numbers of the list",
        "write the sum of the listed numbers",
        "find the total of all the numbers",
        "work out what the numbers make when they are added together",
        "read the commas as plus signs and write the result",
        "sum the whole list to get a single number",
        "tell me how much all these numbers come to altogether",
        "calculate the total of the list",
    ),
    (
        "the sum of all the numbers",
        "the total of the listed numbers",
        "the result of adding all the numbers together",
        "the one number that the whole list adds up to",
    ),
    _GIVEN,
)
RANGE = Wording(
    (
        "subtract the smallest number from the largest and write the result",
        "find the difference between the largest and the smallest number of the list",
        "write by how much the highest number is above the lowest",
        "work out by how much the largest number exceeds the smallest",
        "give the distance from the lowest number to the highest",
        "calculate the largest number minus the smallest number",
        "tell me how much bigger the biggest number is than the smallest one",
        "take the biggest and the smallest number and write how far apart they are",
    ),
    (
        "the difference between the largest and the smallest number",
        "the largest number minus the smallest",
        "the amount by which the highest number exceeds the lowest",
        "the gap between the biggest and the smallest number of the list",
    ),
    _GIVEN,
)
DISTINCT = Wording(
    (
        "count how many different numbers the list contains",
        "write how many distinct numbers there are",
        "count the numbers, but count a repeated number only once",
        "tell me how many different values occur in the list",
        "work out how many numbers would remain if only one copy of each were kept",
        "give the count of different numbers as a digit",
        "say how many numbers the list has when equal ones count as one",
        "count every number of the list except repetitions of earlier ones",
    ),
    (
        "the number of different numbers in the list",
        "the count of distinct values",
        "the number of list entries when equal ones count only once",
        "the digit that tells how many different numbers occur",
    ),
    _GIVEN,
)


def second(most: str, more: str, extreme: str) -> Wording:
    """Pick the number next to an extreme: `largest`, `larger`, `highest`."""
    return Wording(
        (
            f"write the second {most} number of the list",
            f"find the number for which exactly one other is {more}",
            f"skip the {most} number and write the {most} of the rest",
            f"sort the numbers with the {most} in front and give the one in second place",
            f"cross out the {most} number and pick the {most} one that is left",
            f"tell me which number has rank two if the {most} has rank one",
            f"choose the number that would be the {most} if the very {most} were taken away",
            f"pick the second {extreme} value",
        ),
        (
            f"the second {most} number",
            f"the {most} number apart from the very {most}",
            f"the number with exactly one {more} number in the list",
            f"the second {extreme} of the listed numbers",
        ),
        _GIVEN,
    )


FIRST_TO_END = Wording(
    (
        "send the first number to the end of the list",
        "rotate the list one place to the left, so that the first number lands at the end",
        "postpone the first number until the end of the list",
        "skip the first number and write it at the end instead",
        "push the first number back to the end, behind all the others",
        "cut off the first number and append it to the end of the list",
        "push the first number back until it stands at the end",
        "shift the whole list one place to the left and send the first number round to the end",
    ),
    (
        "the list with its first number sent to the end",
        "the list rotated one place to the left",
        "the list in which the first number is postponed to the end",
        "the list once its first number has been pushed back to the end",
    ),
    _GIVEN,
)
LAST_TO_FRONT = Wording(
    (
        "bring the last number to the front of the list",
        "rotate the list one place to the right, so that the last number arrives at the front",
        "pull the last number forward to the front, ahead of all the others",
        "start with the last number and let the others follow in the same order",
        "fetch the last number and insert it at the front of the list",
        "let the last number jump the queue and lead the list",
        "pull the last number forward, so that it leads the list",
        "shift the whole list one place to the right and bring the last number round to the front",
    ),
    (
        "the list with its last number brought to the front",
        "the list rotated one place to the right",
        "the list led by its last number, the others following in the same order",
        "the list once its last number has been pulled forward to the front",
    ),
    _GIVEN,
)
SWAP_ENDS = Wording(
    (
        "exchange the first and the last number of the list",
        "interchange the numbers at the two ends of the list",
        "let the two outermost numbers of the list, first and last, trade places",
        "exchange both ends of the list and leave the numbers in between untouched",
        "write the list with its two outer numbers, first and last, interchanged",
        "let the numbers at opposite ends of the list trade places and leave the middle untouched",
        "exchange the two outermost numbers of the list and leave the middle untouched",
        "interchange the first and the last number, the two ends of the list",
    ),
    (
        "the list with the numbers at its two ends exchanged",
        "the list with its first and last numbers interchanged and the middle untouched",
        "the same list after its two outermost numbers have traded places",
        "the list whose two outer numbers, first and last, have been exchanged",
    ),
    _GIVEN,
)
SWAP_FIRST_TWO = Wording(
    (
        "swap the first two numbers of the list",
        "flip the pair of numbers that opens the list and copy the rest",
        "put the second number before the first and copy the rest",
        "reverse the order of just the first two numbers",
        "write the second number, then the first, then the rest as it stands",
        "switch the two opening numbers, the first and its neighbour",
        "flip the order of the first and second numbers and copy the rest",
        "switch the two opening numbers and put the second before the first",
    ),
    (
        "the list with its first two numbers swapped",
        "the list with the second number before the first and the rest as it stands",
        "the list whose opening pair is flipped",
        "the list after its first and second numbers have been switched",
    ),
    _GIVEN,
)
