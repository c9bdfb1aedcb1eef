/**
 * What a question over a whole document asks for when the document says it in other words: a question for deaths is
 * answered by sentences about killing, drowning and graves, in which the word "death" need not stand.
 * Owns: small families of English words, by kind of thing, and which words of a question call for them.
 * Does not know: documents. Written from general knowledge of the language; no family belongs to one book.
 */
import { visitTokens } from "../../retrieval/search-tokenizer.ts";

/** Words that ask for the kind | further words in which it is told. Both are told words; the first also ask. */
const FAMILIES: readonly string[] = [
  "die dies died dying dead death deceased murder kill victim fate casualty | killed murdered drowned perish corpse body grave buried funeral slain stabbed shot poison poisoned strangled hanged expired lifeless executed suicide fatal slaughter assassin breathed",
  "illness ill disease sick sickness ailment health malady | fever symptoms patient suffer suffering doctor physician cough pain headache delirious weak fainted consumption recovered infection cured bed",
  "injury hurt wound accident wounded injure | broken bleeding blood bruised fell struck cut bullet limp scar bandage fracture burned sprained",
  "marriage marry wedding spouse husband wife suitor courtship engagement propose proposal | married bride bridegroom engaged betrothed betrothal wed divorce widow widower hand ring lover",
  "birth born baby child children | mother father infant cradle son daughter heir pregnant delivered",
  "family relative relation relatives kin | father mother brother sister son daughter uncle aunt cousin nephew niece grandfather grandmother wife husband child parent orphan",
  "love affection romance admirer | loved lover heart tender adore kiss passion darling embraced beloved fond",
  "fear afraid dread terror frighten horror | feared terrified horrible trembled frightened alarm shudder panic scared terrible pale",
  "anger angry rage quarrel fight conflict enemy | furious wrath quarrelled fought struck indignant enraged hate hatred blow struggle enemies",
  "opinion view attitude feeling feel think believe regard judgment judgement belief trust respect impression sentiment | thought opinion believed considered admired admiration respect despise contempt trusted suspicion distrust convinced wonderful foolish clever absurd accustomed disgust liking sympathy pity dislike impressed astonished doubt",
  "friend friendship ally companion relationship relations | friendly companion comrade acquaintance trusted fond devoted faithful together",
  "travel journey trip voyage route pursue visit itinerary wander flee flight | travelled travelled arrived departed sailed set left reached returned crossed landed train ship road rode went city town station hotel followed",
  "place location city town country region setting house residence home live lodge dwell | lived lodged house street hotel room moved stayed settled city town village island farm lodgings residence",
  "ship boat vehicle carriage vessel | ship boat schooner steamer launch raft sail aboard cab train carriage horse wagon brig yacht canoe oars rowed",
  "job occupation profession work employment trade career living | worked employed clerk servant trade profession office business wages earned hired living apprentice position master craft",
  "money wealth fortune debt property price payment inheritance | pounds dollars rich poor paid debt fortune gold bank inherit inherited income bought sold estate shillings",
  "crime offence criminal theft robbery | stole stolen thief robbed guilty murder prison arrested police forged blackmail fraud smuggled burglar",
  "suspect suspicion suspicious accused theory | suspected suspicion guilty accused arrested innocent motive alibi evidence clue",
  "clue evidence proof trace | found footprint mark discovered traces examined letter stain witness",
  "mistake mistaken error wrong false misunderstanding | mistaken wrong believed supposed thought theory error misled false truth really impossible",
  "lie lies lied lying deceive deception disguise trick pretend secret | disguised pretended false lied secret concealed hid hidden deceived trick impersonate assumed",
  "letter message note telegram document writing | wrote written letter note telegram message envelope read paper addressed signed sent post",
  "gift present reward | gave given presented present reward bestowed received",
  "weapon gun sword | gun pistol revolver rifle knife sword dagger cudgel axe bow spear shot bullet",
  "drink drunk drinking alcohol drunkenness drunken | drank brandy whiskey wine liquor bottle intoxicated beer rum gin sober tipsy",
  "food meal eat | ate eaten dinner supper breakfast bread meat hungry feast fruit lunch hunger",
  "animal creature beast pet | dog horse cat bird wolf ape beast monkey lion tiger bear snake pig goat rabbit",
  "clothes dress clothing wear garment | coat hat wore dressed gown cloak boots trousers shirt dress",
  "dream vision ghost apparition supernatural | dreamed dreamt spirit ghost phantom apparition haunted vision",
  "prison prisoner captive capture captivity imprison arrest escape rescue | captured prisoner arrested escaped freed released cell chained fled rescued locked custody handcuffs",
  "promise vow oath bargain agreement | promised swore vowed sworn oath word agreed bargain pledged",
  "decision decide choose choice plan | decided resolved determined chose plan intended purpose resolution",
  "weather storm season | rain snow storm wind fog sun cold thunder clouds winter summer",
  "name alias nickname title called term | named called known alias formerly title termed nickname previously",
  "requirement condition must require obligation necessary need criterion criteria satisfy | must shall required requires need necessary mandatory should only satisfy",
  "rule restriction prohibition forbid forbidden illegal allowed permit permission | must illegal cannot forbidden allowed permitted prohibited may only shall law not",
  "exception exempt special | except unless however exception special exempt only otherwise",
  "error failure fail problem fault risk danger panic | fails failed error occurs panic invalid failure fault problem danger causes",
  "default initial | default defaults unless omitted initial initialized otherwise",
  "cause reason origin source factor why | cause caused causes because due result leads responsible contributes origin risk",
  "effect consequence result outcome impact | effect causes leads result results increase reduce affects produces consequence",
  "symptom sign feature characteristic | symptoms characterized signs include such experience",
  "treatment therapy remedy cure medicine drug | treated treatment therapy medication drug relieve remedy cured prescribe surgery",
  "advantage benefit strength merit | advantage benefit better allows improves useful easier",
  "disadvantage drawback weakness limitation criticism criticize objection | however but limitation drawback criticized cannot problem disadvantage weakness lack",
  "function purpose role task use | function functions serves responsible used provides helps controls allows purpose",
  "type kind category class form variety classification | types kinds classified called include categories another divided",
  "step stage phase process procedure | first second third next then finally begins during stage step phase followed",
  "difference differ compare contrast distinguish similarity | whereas unlike than different differs while contrast compared similar same both more less",
  "history change evolve develop development revise revision | first later changed became now earlier previously since introduced removed replaced added originally began longer",
  "percentage share rate prevalence number statistics proportion | percent percentage rate approximately around about estimated average",
  "experiment study research investigation | study studies researchers found experiment investigated reported results participants",
  "war battle army | war battle fought army troops soldiers defeated attack victory siege treaty",
  "ruler king queen emperor leader president | king queen emperor reigned ruled throne crowned succeeded leader dynasty",
  "religion god church belief | god church prayer priest faith worship temple holy pray",
  "meeting meet encounter | met introduced encountered visited visit interview acquaintance",
  "law act bill statute legislation amendment treaty decree | law act acts amendment passed enacted prohibited repealed ratified signed congress parliament court required",
  "organisation organization agency board committee institution society company department club | agency board committee commission administration bureau council league association founded established created organised headed",
  "attack persecution persecute discrimination oppression mistreat abuse cruelty violence punish punishment | attacked beaten banned refused persecuted banned driven mob insulted threatened violence riot forced cruel whipped punished flogged",
  "right freedom equality liberty suffrage | rights free freedom equal vote denied granted liberty law",
  "protest rebellion revolt strike resistance opposition oppose uprising | protested refused rebelled strike opposed resisted demanded rose riot revolution",
  "argument objection claim thesis principle proof | because therefore argue if must but however objection claim proves assert contend principle",
  "invention machine device technology instrument tool apparatus innovation | machine invented device electric engine instrument apparatus wire telephone mechanism automatic tool built",
  "custom habit tradition practice ceremony ritual | custom habit always usual ceremony tradition practice accustomed every",
  "education school teach learn study lesson | school taught teacher learned studied lesson college university pupil education books",
  "appearance look describe description features | tall face hair eyes thin beard handsome dressed looked pale young old",
  "house building room castle | house room built door stairs hall castle floor windows roof wall",
  "work book writing publication author poem song music | wrote book poem song sang read published music written verses",
  "game sport hobby pastime amusement entertainment | played game dance cards sport theatre concert amused party",
  "plan scheme plot attempt try | plan attempt tried scheme failed intended succeed design proposed",
  "help helper aid assistance save | helped aid assisted saved rescued gave brought sent helping support",
  "hiding hide conceal discover discovery find search | hid hidden concealed discovered found searched secret revealed",
  "sea ocean river water lake | sea water river waves shore coast ocean stream",
  "organ structure tissue component layer region muscle bone gland | located consists composed lies layer surface contains attached forms part",
  "hormone chemical substance gas fluid secretion enzyme protein | secreted released produced hormone contains stimulates levels concentration acid",
  "regulation control mechanism response feedback | regulates controls increases decreases stimulates response inhibits maintains",
  "command option flag argument parameter field setting variable | option default value specified set argument used sets returns",
  "file directory package version format | file files directory package named contains stored installed format",
  "limit maximum minimum size number | limit maximum minimum least most exceed size",
  "example instance case illustration | example instance such like including case",
];

export interface Family {
  /** Terms that ask for it. */
  readonly asks: ReadonlySet<string>;
  /** Terms in which it is told, the asking ones among them, each with a word that has it. */
  readonly tells: ReadonlyMap<string, string>;
}

const MOST_FAMILIES = 2;

let families: readonly Family[] | null = null;

function termsOf(words: string): Map<string, string> {
  const terms = new Map<string, string>();
  visitTokens(words, (term, form) => {
    if (!terms.has(term)) terms.set(term, form);
  });
  return terms;
}

function allFamilies(): readonly Family[] {
  families ??= FAMILIES.map((line) => {
    const [asks = "", more = ""] = line.split("|");
    return { asks: new Set(termsOf(asks).keys()), tells: termsOf(`${asks} ${more}`) };
  });
  return families;
}

/** The families that the terms of a question call for, in the question's order, at most two. */
export function familiesOf(terms: readonly string[]): Family[] {
  const called: Family[] = [];
  for (const term of terms)
    for (const family of allFamilies()) if (family.asks.has(term) && !called.includes(family)) called.push(family);
  return called.slice(0, MOST_FAMILIES);
}
