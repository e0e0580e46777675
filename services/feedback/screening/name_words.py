"""Words beside which names of people stand, and words that are no names, in the languages of texts."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = (
    r"Mr|MR|Mrs|MRS|Ms|Mx|Messrs|Dr|DR|Prof|Professor|Doctor|Mister"
    r"|Herrn?|Frau|Hr|Fam|Familie|Doktor"
    r"|M(?=\.)|MM(?=\.)|Mme|Mmes|Mlle|Monsieur|Madame|Mademoiselle|Docteur"
    r"|Sr\.?ª|Sr|Sra|Srta|Sres|[Ss]eñor|[Ss]eñora|[Ss]eñorita|don|[Dd]oña|Dra|[Dd]octora?"
    r"|[Ss]enhora?|[Dd]ona|[Dd]outora?"
    r"|Sig\.ra|Sigra|Sig|[Ss]ignora?|[Ss]ignorina|Dott\.ssa|Dott|[Dd]ottoressa|[Dd]ottor|Avv"
    r"|Dhr|[Mm]eneer|Mevr|Mw|[Mm]evrouw|(?:[Dd]e|[Gg]eachte) heer"
    r"|[Pp]ani|[Pp]anią|[Pp]anem"
)
"""Written as they are before a name; with a full stop after them or none."""

TITLE_WORDS = _set(
    """
    mr mrs ms mx messrs dr prof professor doctor mister herr herrn frau hr fam familie doktor m mm mme mmes mlle
    monsieur madame mademoiselle docteur sr sra srta sres señor señora señorita don doña dra doctora senhor senhora
    dona sr.ª srª doutor doutora sig sigra sig.ra signor signora signorina dott dott.ssa dottoressa dottor avv dhr
    meneer mevr mw mevrouw heer pani panią panem
    """
)

ALSO_OTHERWISE = _set("dr m sr don prof doctor doktor pani dona")
"""Titles that are something else after a name or a number: Sunset Dr., John Smith Sr., 100 m."""

SALUTATIONS = _set(
    """
    dear hello hi sehr liebe lieber hallo bonjour cher chère estimado estimada querido querida apreciado apreciada hola
    prezado prezada caro cara olá gentile gentilissimo gentilissima egregio egregia beste drogi
    """
)
"""After these it is a title all the same."""

WIVES = _set("frau herr herrn familie doktor")
NO_WIVES_AFTER = _set(
    """
    meine meiner mein meinen meinem deine seine seiner sein ihre ihrer unsere unserer eure die der dem den eine einer
    ein einem einen jede jeder diese dieser diesen keine alte junge ältere
    """
)
"""German titles are words like others after these: die Frau Müll ablädt, meine Familie Angst hat."""

OURS = _set("liebe nuestra nuestro nossa nosso nostra nostro notre")
"""Our Lady of somewhere is a church, a school or a neighbourhood."""

INTRODUCTIONS = (
    r"my\s+(?:full\s+)?name\s*(?:is|['’]s|:)|(?:caller|contact)(?:['’]s)?\s+name\s*(?:is|:)|(?:full|last|sur)\s?name\s*:"
    r"|ich\s+hei(?:ß|ss)e|mein\s+name\s+(?:ist|lautet)|(?:vor|nach|familien)name\s*:|ansprechpartner(?:in)?\s*:"
    r"|je\s+m['’]appelle|mon\s+nom\s+est|(?:pré)?nom\s+et\s+(?:pré)?nom\s*:"
    r"|me\s+llamo|mi\s+nombre\s+(?:completo\s+)?es|nombre\s+y\s+apellidos?\s*:"
    r"|(?:o\s+)?meu\s+nome\s+(?:completo\s+)?é|(?:eu\s+)?me\s+chamo|chamo-me|nome\s+completo\s*:"
    r"|mi\s+chiamo|il\s+mio\s+nome\s+è|nome\s+e\s+cognome\s*:"
    r"|ik\s+heet|mijn\s+naam\s+is|nazywam\s+się|mam\s+na\s+imię|imię\s+i\s+nazwisko\s*:"
)
INTRODUCTION_WORDS = _set(
    """
    name name's name’s lastname surname heiße heisse vorname nachname familienname ansprechpartner ansprechpartnerin
    m'appelle m’appelle nom prénom llamo nombre apellidos apellido nome chamo chamo-me chiamo cognome heet naam nazywam
    imię
    """
)

BEING = r"I\s+am|I['’]m|[Jj]e\s+suis|[Ss]oy|[Ss]ou|[Ss]ono|[Ii]k\s+ben"
"""After these there are other things than names: two words with capitals, and then one of the next."""

BEING_WORDS = _set("am i'm i’m suis soy sou sono ben")
AFTER_BEING = _set(
    """
    from living residing calling writing a an the and at resident owner de du des d del da di van uit aus et y e en
    habitant habitante vecino vecina residente moradora morador abito vivo moro j'habite j’habite résidant
    """
)

CLOSINGS = (
    r"(?:(?:many\s+)?thanks?\s+and\s+)?(?:with\s+)?(?:(?:my|very|best|kind(?:est)?|warm(?:est)?)\s+)*regards"
    r"|(?:yours?\s+)?(?:very\s+)?(?:sincerely|truly|faithfully|respectfully)(?:\s+yours?)?|best\s+wishes"
    r"|signed(?:\s+by)?"
    r"|(?:(?:mit|viele|vielen|beste|besten|freundliche[nr]?|liebe[nr]?|herzliche[nr]?|schöne[nr]?|sonnige)\s+)*"
    r"(?:grü(?:ß|ss)(?:en?)?|gruesse?n?|gruß|gruss)|hochachtungsvoll|gez\."
    r"|(?:bien\s+)?cordialement|bien\s+à\s+vous|(?:sincères\s+|meilleures\s+)?salutations(?:\s+distinguées)?"
    r"|(?:un\s+)?(?:cordial\s+)?saludos?(?:\s+cordial(?:es)?)?|atentamente|cordialmente"
    r"|atenciosamente|(?:(?:com\s+)?os\s+(?:meus\s+)?)?(?:melhores\s+)?cumprimentos|saudações|abraços?"
    r"|(?:cordiali|distinti|cari)\s+saluti|saluti"
    r"|(?:met\s+)?(?:(?:vriendelijke|hartelijke)\s+)?groet(?:en|jes)?|hoogachtend"
    r"|(?:mfg|lg|vg|atte|att|mvg)(?=\.?,|[ \t]*[.!]?[ \t]*\r?\n)"
    r"|pozdrawiam|z\s+poważaniem|z\s+wyrazami\s+szacunku"
)
CLOSING_WORDS = _set(
    """
    regards sincerely truly faithfully respectfully wishes signed grüße grüßen grüsse grüssen gruesse gruessen gruß
    gruss mfg lg vg mvg hochachtungsvoll gez cordialement vous salutations distinguées saludos saludo cordial cordiales
    atentamente atte cordialmente atenciosamente att cumprimentos saudações abraço abraços saluti groet groeten
    groetjes hoogachtend pozdrawiam poważaniem szacunku
    """
)

THANKS = (
    r"(?:many\s+)?thanks(?:\s+(?:so\s+much|a\s+lot|again|in\s+advance))?|thank\s+you(?:\s+(?:so|very)\s+much|\s+again)?"
    r"|merci(?:\s+(?:d['’]avance|beaucoup))?|(?:muchas\s+)?gracias|(?:muito\s+)?obrigad[oa]|grazie(?:\s+mille)?"
    r"|(?:alvast\s+)?bedankt|dziękuję"
)
THANKS_WORDS = _set("thanks thank merci gracias obrigado obrigada grazie bedankt dziękuję")

PARTICLES = _set(
    """
    van de der den ten ter von zu zum zur vom da das do dos del della delle di du des la le los las al el bin ibn abu
    ben af av e y 't ’t
    """
)
SUFFIXES = _set("jr sr ii iii iv")

PLACES = _set(
    """
    street st str ave avenue av road rd drive dr lane ln boulevard blvd bd way court ct terrace ter place pl square sq
    parkway pkwy highway hwy park garden gardens school hospital library bridge tunnel station center centre memorial
    monument statue church cathedral hall house building university college academy institute museum theater theatre
    stadium field fields playground plaza circle row path trail beach river lake island hill heights village estate
    market day airport foundation hotel cemetery pool rink arena pier wharf common green close crescent mews grove gate
    bus cafe café restaurant bar grill pub pizza pizzeria bakery shop store deli salon clinic
    straße strasse weg allee platz ring gasse ufer damm brücke schule gymnasium krankenhaus halle haus heim stiftung
    hof bahnhof haltestelle metro steig pfad siedlung kirche rathaus bad stadion
    rue quai pont impasse chemin passage cité lycée collège école hôpital mairie gare résidence stade église
    calle avenida avda paseo plazuela carretera camino colegio escuela instituto parque puente estación iglesia barrio
    colonia glorieta rua praça travessa largo estrada alameda escola ponte estação igreja bairro rodovia viaduto
    via viale piazza corso vicolo scuola ospedale stazione chiesa parco
    straat laan plein kade gracht dijk brug ziekenhuis kerk ulica ul aleja plac most szkoła
    """
)
"""Beside these a name is the name of a place."""

PLACES_BEFORE = PLACES | _set("r c tv ctra urb parada arrêt fermata halte edificio edifício")
STREETS = _set("street avenue ave road rd boulevard blvd lane")
"""Mean a place without a capital as well."""

PLACE_ENDINGS = (
    "straße", "strasse", "platz", "weg", "allee", "gasse", "schule", "brücke", "park", "straat", "laan", "plein",
    "gracht", "kade",
)  # fmt: skip

NO_NAMES = _set(
    """
    i a the this that these those it is was are has had have will would can could did does do please thank thanks you
    your yours he she they we us me my his her our their in on at to of and or but for from with by not no yes if when
    where while who what why how there here so as be been
    city town county state department dept council police fire public works service services office officer mayor
    team staff neighbor neighbors neighbour neighbours resident residents citizen citizens owner landlord tenant
    customer constituent manager director inspector president governor senator representative councillor
    commissioner animal control care health parks transportation traffic sanitation housing school
    north south east west upper lower new old great good happy merry best dear sir madam ma'am
    monday tuesday wednesday thursday friday saturday sunday am pm pepper softee coffee chicken car wash
    ihr ihre ihren das der die den dem des ein eine und oder aber nicht ist hat sind war wird auch bitte danke liebe
    sehr
    stadt amt team verwaltung gemeinde bezirk polizei nachbar nachbarin nachbarn anwohner anwohnerin bürger bürgerin
    bürgermeister bürgermeisterin oberbürgermeister oberbürgermeisterin doktor professor minister ministerin stadtrat
    stadträtin präsident präsidentin direktor direktorin kollege kollegin doktorin mann frau herr kind kinder
    eigentümer mieter vermieter hausmeister polizist
    le la les un une l' et ou ne pas est sont a ont il elle nous vous je ville mairie maire commune préfet service
    services habitant habitante voisin voisine président présidente ministre
    el los las una uno y o no es son ha han su sus ayuntamiento alcalde alcaldesa municipalidad dirección departamento
    vecino vecina vecinos presidente presidenta gobernador
    o os as um uma e ou não é são prefeitura prefeito prefeita câmara municipal departamento secretaria morador moradora
    vizinho vizinha presidente
    il lo gli uno e non è sono comune sindaco sindaca ufficio cittadino cittadina
    het een en niet gemeente burgemeester bewoner buurman buurvrouw afdeling
    urząd miasto prezydent burmistrz mieszkaniec mieszkanka
    """
)
"""With a capital these are at most the beginning of a sentence, an office or a part of one."""

NO_NAME_ENDINGS = ("amt", "verwaltung", "behörde", "dezernat", "referat", "betrieb", "dienst")

NOT_TO_BE = _set(
    """
    american african asian european latino latina hispanic british irish italian indian native english french german
    spanish chinese cape haitian senior disabled deaf blind caucasian black white catholic christian muslim jewish
    concerned strong proud
    """
)
"""What people say of themselves with a capital, beside their names."""

LOWER_ENDS = _set(
    "and i im i'm from living my we und ich aus et je de du y e en soy vivo moro abito ik uit z mieszkam o sou eu"
)
"""After a name that is written without capitals."""

LOWER_NO_NAMES = NO_NAMES | _set(
    "on under above below listed registered spelled spelt mentioned used known already still now only wrong misspelled"
    " attached private confidential being getting also just auf unter falsch nicht sur dans en no já non su niet op"
)
