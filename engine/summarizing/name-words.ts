/** English words that tell people from places. Owns: the lists. Knows nothing else. */
const setOf = (words: string): ReadonlySet<string> => new Set(words.split(" "));

const TITLES_OF_MEN = setOf(
  "mr sir lord monsieur herr don king prince duke count baron father brother uncle pope emperor",
);
const TITLES_OF_WOMEN = setOf(
  "mrs ms miss lady madam madame mademoiselle frau fraulein dona queen princess duchess countess aunt sister empress",
);
const TITLES_OF_ALL = setOf(
  "dr doctor prof professor captain capt colonel col major general gen lieutenant lt sergeant sgt president senator governor " +
    "judge justice inspector saint st reverend rev bishop chancellor secretary minister admiral commander marshal",
);
const SPEECH_VERBS = setOf(
  "said says replied replies asked asks cried answered thought nodded smiled looked told exclaimed whispered shouted murmured " +
    "laughed remarked observed muttered grinned shrugged sighed wrote argued believed felt knew married explained suggested added",
);
const BEFORE_PLACES = setOf("in at near into throughout across outside inside toward towards around");
const PLACE_WORDS = setOf(
  "street road avenue square lane river lake mount mountain mountains hill hills valley city town county island islands sea " +
    "ocean bay gulf fort camp cape coast park bridge castle kingdom republic states province desert forest peninsula harbor harbour port " +
    "africa america asia europe",
);
const CALENDAR = setOf(
  "january february march april may june july august september october november december monday tuesday wednesday thursday " +
    "friday saturday sunday christmas easter chapter section figure table part volume note appendix page",
);

const LANGUAGES = setOf(
  "english french german spanish italian latin greek dutch russian chinese japanese arabic portuguese",
);
const DEEDS = setOf(
  "took went came sat stood saw made gave got rose began ran left held had brought kept found met spoke fell drew threw went " +
    "thought felt knew heard put set let",
);

export const isTitleOfMen = (lower: string): boolean => TITLES_OF_MEN.has(lower);
export const isTitleOfWomen = (lower: string): boolean => TITLES_OF_WOMEN.has(lower);
export const isTitle = (lower: string): boolean =>
  isTitleOfMen(lower) || isTitleOfWomen(lower) || TITLES_OF_ALL.has(lower);
export const isLanguage = (lower: string): boolean => LANGUAGES.has(lower);
/** A verb in the past, as stories use it. */
export const isDeed = (lower: string): boolean => DEEDS.has(lower) || /\p{L}{3}ed$/u.test(lower);
export const isSpeechVerb = (lower: string): boolean => SPEECH_VERBS.has(lower);
/** A preposition that stands before places more than before people. */
export const isPlaceBefore = (lower: string): boolean => BEFORE_PLACES.has(lower);
/** The last word of many names of places. */
export const isPlaceWord = (lower: string): boolean => PLACE_WORDS.has(lower);
/** Months, days and words of references: written with a capital, naming nothing of the text's own. */
export const isCalendarWord = (lower: string): boolean => CALENDAR.has(lower);
