"""The words that stand in and around written dates, in the languages that we read without asking dateparser."""

from __future__ import annotations

_MONTHS = """
january jan | february feb | march mar | april apr | may | june jun | july jul | august aug
    | september sept sep | october oct | november nov | december dec
januar jänner | februar feber | märz mär mrz | april | mai | juni | juli | august
    | september | oktober okt | november | dezember dez
janvier janv | février fevrier févr fév | mars | avril avr | mai | juin | juillet juil | août aout
    | septembre | octobre | novembre | décembre decembre déc
enero ene | febrero | marzo | abril abr | mayo | junio | julio | agosto ago
    | septiembre setiembre | octubre | noviembre | diciembre dic
janeiro | fevereiro fev | março marco | abril | maio | junho | julho | agosto
    | setembro set | outubro out | novembro | dezembro
gennaio gen | febbraio | marzo | aprile | maggio mag | giugno giu | luglio lug | agosto
    | settembre | ottobre ott | novembre | dicembre
styczeń stycznia sty | luty lutego lut | marzec marca | kwiecień kwietnia kwi | maj maja | czerwiec czerwca cze
    | lipiec lipca lip | sierpień sierpnia sie | wrzesień września wrz | październik października paź
    | listopad listopada lis | grudzień grudnia gru
январь января янв | февраль февраля фев февр | март марта мар | апрель апреля апр | май мая | июнь июня июн
    | июль июля июл | август августа авг | сентябрь сентября сен сент | октябрь октября окт
    | ноябрь ноября ноя нояб | декабрь декабря дек
січень січня січ | лютий лютого лют | березень березня бер | квітень квітня квіт кві | травень травня трав тра
    | червень червня черв чер | липень липня лип | серпень серпня серп сер | вересень вересня вер
    | жовтень жовтня жовт жов | листопад листопада лист | грудень грудня груд гру
студзень студзеня студз | люты лютага | сакавік сакавіка сак | красавік красавіка крас | май мая травень траўня
    | чэрвень чэрвеня чэрв | ліпень ліпеня ліп | жнівень жніўня жн | верасень верасня | кастрычнік кастрычніка кастр
    | лістапад лістапада ліст | снежань снежня снеж
януари | февруари | март | април | май | юни | юли | август | септември | октомври | ноември | декември
januari | februari | maart mrt | april | mei | juni | juli | augustus augusti
    | september | oktober | november | december
januar | februar | marts | april | maj | juni | juli | august | september | oktober | november | desember
tammikuuta tammikuu | helmikuuta helmikuu | maaliskuuta maaliskuu | huhtikuuta huhtikuu | toukokuuta toukokuu
    | kesäkuuta kesäkuu | heinäkuuta heinäkuu | elokuuta elokuu | syyskuuta syyskuu | lokakuuta lokakuu
    | marraskuuta marraskuu | joulukuuta joulukuu
leden ledna | únor února | březen března | duben dubna | květen května | červen června | červenec července
    | srpen srpna | září | říjen října | listopad listopadu | prosinec prosince
január januára | február februára | marec | apríl apríla | máj mája | jún júna | júl júla | augusta
    | septembra | október októbra | novembra | decembra
január | február | március márc | április ápr | május | június | július | augusztus
    | szeptember szept | október | november | december
ianuarie ian | februarie | martie | aprilie | mai | iunie iun | iulie iul | august
    | septembrie | octombrie | noiembrie | decembrie
ocak | şubat | mart | nisan | mayıs | haziran | temmuz | ağustos | eylül | ekim | kasım | aralık
ιανουαρίου ιαν | φεβρουαρίου φεβ | μαρτίου μαρ | απριλίου απρ | μαΐου μαϊ | ιουνίου ιουν | ιουλίου ιουλ | αυγούστου αυγ
    | σεπτεμβρίου σεπ | οκτωβρίου οκτ | νοεμβρίου νοε | δεκεμβρίου δεκ
"""


def _by_name(table: str) -> dict[str, int]:
    columns = table.replace("\n    |", " |").strip().splitlines()
    return {
        name.casefold(): number
        for line in reversed(columns)
        for number, names in enumerate(line.split("|"), start=1)
        for name in names.split()
    }


MONTHS = _by_name(_MONTHS)
"""The number of a month by its name, casefolded and without a full stop."""

_WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim
lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
segunda-feira terça-feira quarta-feira quinta-feira sexta-feira segunda terça quarta quinta sexta feira
lunedì martedì mercoledì giovedì venerdì sabato domenica gio
poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob niedz
понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс
понеділок вівторок середа четвер п'ятниця пятниця субота неділя нд
панядзелак аўторак серада чацвер пятніца субота нядзеля
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag
maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai
pondělí úterý středa čtvrtek pátek neděle pondelok utorok streda štvrtok piatok nedeľa
hétfő kedd szerda csütörtök péntek szombat vasárnap luni marți miercuri joi vineri sâmbătă duminică
pazartesi salı çarşamba perşembe cuma cumartesi pazar
δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή
"""
_FILLERS = """
at on of the de del um uhr den der am le à la las el a em às as il alle ore dnia o godz godzina r roku rok
в г года год гг у об о року р рік ў гада kl klo klockan d kello ve v hod hod saat hrs hours h время час t
"""
WITHOUT_MEANING = frozenset(word.casefold() for word in (_WEEKDAYS + _FILLERS).split())
"""Words that may stand in a date and change nothing."""

ZONES: dict[str, int | str] = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "wet": 0,
    "bst": 60,
    "west": 60,
    "cet": 60,
    "cest": 120,
    "mez": 60,
    "mesz": 120,
    "eet": 120,
    "eest": 180,
    "msk": 180,
    "мск": 180,
    "trt": 180,
    "ist": 330,
    "sgt": 480,
    "hkt": 480,
    "awst": 480,
    "jst": 540,
    "kst": 540,
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "akst": -540,
    "akdt": -480,
    "hst": -600,
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
"""Minutes east of UTC, or the IANA name, of the zones that newspapers abbreviate."""

_PUBLISHED = """
published on | published at | published | first published on | first published | date published | publication date
publish date | publishing date | posted on | posted at | posted | post date | created on | created | issued on | issued
released on | released | release date | date of publication | publicationdate | pubdate | dated | date | on
veröffentlicht am | veröffentlicht | erschienen am | erschienen | datum | vom | publiziert am
publié le | publié | publiée le | paru le | posté le | date de publication | publicado el | publicado em | publicado
publicada el | fecha de publicación | fecha | data de publicação | pubblicato il | pubblicato | pubblicata il
data di pubblicazione | data | opublikowano | opublikowany | data publikacji | data dodania | dodano | utworzono
опубликовано | опубликована | опубликован | дата публикации | дата | размещено | создано | добавлено
опубліковано | дата публікації | оприлюднено | апублікавана | апублікаваны | дата публікацыі
gepubliceerd op | gepubliceerd | geplaatst op | publicerad | publicerat | publiceret | udgivet | publisert | julkaistu
publikováno | vydáno | publikované | megjelent | közzétéve | publicat pe | publicat la | publicat
yayın tarihi | yayınlanma tarihi | yayınlanma | yayınlandı | tarih | δημοσιεύθηκε | δημοσίευση
发布时间 | 发布于 | 发表于 | 時間 | 公開日 | 投稿日 | 掲載日 | 入力 | 입력 | 등록
"""
_UPDATED = """
last updated on | last updated at | last updated | updated on | updated at | updated | update | last modified on
last modified | date modified | modified on | modified | last edited on | last edited | edited on | edited | revised on
revised | corrected on | last update | aktualisiert am | aktualisiert | zuletzt aktualisiert am | zuletzt aktualisiert
zuletzt geändert am | geändert am | letzte aktualisierung | stand | mis à jour le | mis à jour | mise à jour le
mise à jour | modifié le | actualisé le | actualizado el | actualizado | actualizada el | última actualización
atualizado em | atualizado | atualizada em | última atualização | modificado em | aggiornato il | aggiornato
ultimo aggiornamento | modificato il | zaktualizowano | aktualizacja | ostatnia aktualizacja | zmodyfikowano
обновлено | обновлена | изменено | последнее обновление | дата обновления | оновлено | останнє оновлення | змінено
абноўлена | bijgewerkt op | bijgewerkt | laatst bijgewerkt | uppdaterad | senast uppdaterad | opdateret | oppdatert
päivitetty | aktualizováno | aktualizované | frissítve | actualizat | actualizat la | güncelleme tarihi | güncelleme
güncellendi | son güncelleme | ενημερώθηκε | τελευταία ενημέρωση
更新时间 | 更新于 | 更新日 | 最終更新日 | 最終更新 | 更新 | 수정
"""


def _labels(table: str, meaning: str) -> dict[str, str]:
    return {
        label.strip().casefold(): meaning for line in table.splitlines() for label in line.split("|") if label.strip()
    }


LABELS = _labels(_PUBLISHED, "published") | _labels(_UPDATED, "updated")
"""What is written before a date and says which one it is: `published` or `updated`."""
