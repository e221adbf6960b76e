"""Refusing and asking in languages besides English: natural sentences of both kinds, and near misses."""

import re

import pytest

from rewards import BehaviorMatch, GroundTruth, Tiered
from rewards.text.data_files import CODES, ENGLISH
from rewards.text.languages import language
from rewards.text.words import plain, tokens_of
from tests.rewards.tools import EMAIL, FLIGHTS, TEXT, TRANSLATE, WEATHER, tool

REFUSES = {
    "de": [
        "Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.",
        "Das kann ich leider nicht tun.",
        "Ich bin nicht in der Lage, Flüge zu buchen.",
        "Dafür habe ich leider kein Werkzeug.",
        "Bei dieser Anfrage muss ich ablehnen.",
        "Leider kann ich keine Bestellungen aufgeben. Kann ich Ihnen sonst noch helfen?",
    ],
    "fr": [
        "Je suis désolé, mais je ne peux pas vous aider.",
        "Je ne suis pas en mesure de réserver un vol.",
        "Il m'est impossible d'accéder à ce compte.",
        "Malheureusement, je n'ai pas accès à cet outil.",
        "Je dois refuser cette demande. Puis-je vous aider avec autre chose ?",
    ],
    "es": [
        "Lo siento, pero no puedo ayudarte con eso.",
        "No tengo acceso a esa información.",
        "No es posible realizar esta acción.",
        "Me niego a hacer eso.",
        "Lo siento, no puedo hacerlo. ¿Hay algo más en lo que pueda ayudarte?",
    ],
    "it": [
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Non sono in grado di prenotare voli.",
        "Non ho accesso a questi dati.",
        "Purtroppo devo rifiutare.",
    ],
    "pt": [
        "Desculpe, mas não posso ajudar com isso.",
        "Não consigo reservar voos.",
        "Infelizmente não tenho acesso a essa informação.",
        "Não sou capaz de fazer isso.",
    ],
    "nl": [
        "Het spijt me, maar ik kan u daar niet mee helpen.",
        "Helaas kan ik geen vluchten boeken.",
        "Ik ben niet in staat om dat te doen.",
        "Ik heb geen toegang tot die gegevens.",
    ],
    "pl": [
        "Przykro mi, ale nie mogę w tym pomóc.",
        "Nie jestem w stanie zarezerwować lotu.",
        "Niestety nie mam dostępu do tych danych.",
        "Muszę odmówić wykonania tej prośby.",
    ],
    "ru": [
        "Извините, но я не могу с этим помочь.",
        "К сожалению, у меня нет доступа к этим данным.",
        "Я не в состоянии забронировать рейс.",
        "Я вынужден отказать в этой просьбе.",
    ],
    "zh": [
        "抱歉，我无法帮助您完成这个请求。",
        "对不起，我不能提供这类信息。",
        "很遗憾，我没有权限访问该账户。",
        "抱歉，無法為您提供這項服務，我沒有權限。",
    ],
    "ja": [
        "申し訳ございませんが、そのご依頼には対応できません。",
        "すみません、お手伝いできません。",
        "申し訳ありませんが、フライトの予約はいたしかねます。",
        "その操作を行う権限がありません。",
    ],
    "ko": [
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
        "죄송합니다. 저는 항공편을 예약할 수 없습니다.",
        "해당 계정에 접근할 권한이 없습니다.",
    ],
    "ar": [
        "عذرًا، لا أستطيع مساعدتك في ذلك.",
        "آسف، لا يمكنني حجز الرحلات.",
        "للأسف ليس لدي صلاحية للوصول إلى هذا الحساب.",
    ],
    "hi": [
        "क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
        "माफ़ कीजिए, मैं उड़ान बुक नहीं कर सकती।",
        "मेरे पास इस खाते तक पहुँच नहीं है।",
    ],
    "tr": [
        "Üzgünüm, bunu yapamam.",
        "Bu konuda size yardımcı olamam.",
        "Uçak bileti ayırtamıyorum.",
        "Bu bilgilere erişimim yok.",
        "Maalesef bu isteği yerine getiremiyorum.",
    ],
    "vi": [
        "Xin lỗi, tôi không thể giúp bạn việc này.",
        "Tôi không có quyền truy cập thông tin đó.",
        "Rất tiếc, tôi không thể đặt vé máy bay.",
        "Yêu cầu này nằm ngoài phạm vi của tôi.",
        "Hệ thống không hỗ trợ chức năng này.",
    ],
    "sv": [
        "Tyvärr kan jag inte hjälpa dig med det.",
        "Jag har inte tillgång till den informationen.",
        "Jag kan inte boka flyg.",
        "Det går tyvärr inte att göra.",
        "Det finns inget verktyg för det.",
    ],
    "da": [
        "Beklager, men det kan jeg ikke hjælpe med.",
        "Jeg har ikke adgang til de oplysninger.",
        "Jeg kan desværre ikke booke fly.",
        "Det ligger uden for mine muligheder.",
        "Jeg kan dessverre ikke bestille flybilletter.",
    ],
    "cs": [
        "Bohužel vám s tím nemohu pomoci.",
        "Nemám přístup k těmto informacím.",
        "Omlouvám se, ale lety rezervovat nemůžu.",
        "To bohužel není možné.",
        "Musím odmítnout.",
    ],
    "hu": [
        "Sajnálom, ebben nem tudok segíteni.",
        "Nincs hozzáférésem ezekhez az adatokhoz.",
        "Sajnos nem tudok repülőjegyet foglalni.",
        "Ez nem lehetséges.",
        "Nem áll módomban ezt megtenni.",
    ],
    "id": [
        "Maaf, saya tidak bisa membantu dengan itu.",
        "Saya tidak memiliki akses ke informasi tersebut.",
        "Saya tidak dapat memesan tiket pesawat.",
        "Permintaan ini di luar kemampuan saya.",
        "Tidak ada alat untuk melakukan itu.",
    ],
    "ro": [
        "Îmi pare rău, nu vă pot ajuta cu asta.",
        "Nu am acces la aceste informații.",
        "Din păcate nu pot rezerva zboruri.",
        "Nu este posibil să fac asta.",
        "Trebuie să refuz.",
    ],
    "fi": [
        "Pahoittelen, en voi auttaa tässä asiassa.",
        "Minulla ei ole pääsyä näihin tietoihin.",
        "Valitettavasti en pysty varaamaan lentoja.",
        "Se ei ole mahdollista.",
        "En osaa tehdä sitä.",
    ],
    "uk": [
        "Вибачте, але я не можу з цим допомогти.",
        "На жаль, у мене немає доступу до цих даних.",
        "Це виходить за межі моїх можливостей.",
        "Я допомагаю лише з бронюванням.",
        "Жодна з доступних функцій цього не вміє.",
    ],
    "el": [
        "Λυπάμαι, δεν μπορώ να βοηθήσω με αυτό.",
        "Δυστυχώς δεν έχω πρόσβαση σε αυτές τις πληροφορίες.",
        "Αυτό είναι εκτός των δυνατοτήτων μου.",
        "Ασχολούμαι μόνο με κρατήσεις.",
    ],
    "he": [
        "מצטער, אני לא יכול לעזור בזה.",
        "אין לי גישה למידע הזה.",
        "זה מחוץ לתחום הסמכות שלי.",
        "אני מטפל רק בהזמנות.",
    ],
    "th": [
        "ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้",
        "ฉันไม่มีเครื่องมือสำหรับทำสิ่งนั้น",
        "เรื่องนี้อยู่นอกเหนือขอบเขตของฉัน",
    ],
}
ASKS = {
    "de": ["Welche Stadt meinen Sie?", "Bitte nennen Sie mir die Stadt.", "Für welchen Ort soll ich nachsehen?"],
    "fr": ["Quelle ville voulez-vous dire ?", "Pourriez-vous préciser la ville ?", "Veuillez indiquer la ville."],
    "es": ["¿Para qué ciudad?", "¿Podría indicarme la ciudad, por favor?", "Necesito saber la ciudad."],
    "it": ["Quale città intendi?", "Potresti indicarmi la città?", "Ho bisogno di sapere la città."],
    "pt": ["Para qual cidade?", "Poderia informar a cidade?", "Preciso saber a cidade, por favor."],
    "nl": ["Welke stad bedoelt u?", "Kunt u de stad aangeven?", "Ik moet nog weten welke stad u bedoelt."],
    "pl": ["Jakie miasto masz na myśli?", "Czy możesz podać miasto?", "Proszę podać nazwę miasta."],
    "ru": ["Какой город вас интересует?", "Уточните, пожалуйста, город.", "В каком городе?"],
    "zh": ["请问是哪个城市？", "请提供城市名称。", "您想查询哪个城市的天气？"],
    "ja": ["どの都市の天気を調べますか？", "都市名を教えてください。", "どこの都市でしょうか。"],
    "ko": ["어느 도시의 날씨를 알려드릴까요?", "도시 이름을 알려 주세요.", "어떤 도시인가요?"],
    "ar": ["ما هي المدينة؟", "يرجى تحديد المدينة.", "هل يمكنك إخباري بالمدينة؟"],
    "hi": ["कौन सा शहर?", "कृपया शहर का नाम बताएं।", "आप किस शहर का मौसम जानना चाहते हैं?"],
    "tr": [
        "Hangi şehir?",
        "Lütfen şehri belirtin.",
        "Hangi şehirde?",
        "Şehri söyler misiniz?",
    ],
    "vi": [
        "Bạn muốn xem thành phố nào?",
        "Vui lòng cho biết thành phố.",
        "Thành phố nào?",
        "Cho tôi biết tên thành phố.",
    ],
    "sv": [
        "Vilken stad?",
        "Kan du ange staden?",
        "Vilken stad menar du?",
        "Jag behöver veta vilken stad du menar.",
    ],
    "da": [
        "Hvilken by?",
        "Kan du oplyse byen?",
        "Hvilken by mener du?",
        "Jeg skal vide hvilken by det er.",
    ],
    "cs": [
        "Jaké město?",
        "Uveďte prosím město.",
        "Které město máte na mysli?",
        "V jakém městě?",
    ],
    "hu": [
        "Melyik város?",
        "Kérem, adja meg a várost.",
        "Melyik városban?",
        "Meg tudná mondani a várost?",
    ],
    "id": [
        "Kota mana?",
        "Mohon sebutkan kotanya.",
        "Di kota mana Anda berada?",
        "Boleh saya tahu kotanya?",
    ],
    "ro": [
        "Ce oraș?",
        "Vă rog să precizați orașul.",
        "În ce oraș?",
        "Puteți să-mi spuneți orașul?",
    ],
    "fi": [
        "Mikä kaupunki?",
        "Voisitko kertoa kaupungin?",
        "Missä kaupungissa?",
    ],
    "uk": [
        "Яке місто?",
        "Вкажіть, будь ласка, місто.",
        "У якому місті?",
        "Підкажіть місто, будь ласка.",
    ],
    "el": [
        "Ποια πόλη;",
        "Παρακαλώ προσδιορίστε την πόλη.",
        "Σε ποια πόλη;",
        "Μπορείτε να μου πείτε την πόλη;",
    ],
    "he": [
        "איזו עיר?",
        "אנא ציין את העיר.",
        "באיזו עיר?",
        "תוכל לומר לי את העיר?",
    ],
    "th": [
        "เมืองไหนคะ",
        "กรุณาระบุเมือง",
        "ต้องการดูสภาพอากาศที่เมืองไหน",
    ],
}
ANSWERS = {
    "de": [
        "Es tut mir leid, das zu hören.",
        "Flüssigkeiten können Sie nicht mit an Bord nehmen.",
        "Ich kann es kaum erwarten!",
        "Die Hauptstadt von Frankreich ist Paris. Haben Sie noch Fragen? Wie kann ich sonst noch helfen?",
    ],
    "fr": ["Je suis désolé de l'apprendre.", "Vous ne pouvez pas emporter de liquides.", "La capitale est Paris."],
    "es": ["Siento mucho oír eso.", "Usted no puede llevar líquidos a bordo.", "La capital de Francia es París."],
    "it": ["Mi dispiace molto per la tua perdita.", "La capitale della Francia è Parigi.", "Non è lontano da qui."],
    "pt": ["Sinto muito por isso.", "Você não pode levar líquidos a bordo.", "A capital da França é Paris."],
    "nl": ["Wat jammer om te horen.", "U kunt geen vloeistoffen meenemen.", "De hoofdstad van Frankrijk is Parijs."],
    "pl": ["Przykro mi to słyszeć.", "Stolicą Francji jest Paryż.", "To nie jest daleko."],
    "ru": ["Мне очень жаль это слышать.", "Столица Франции — Париж.", "Вы не можете брать жидкости на борт."],
    "zh": ["很抱歉听到这个消息。", "法国的首都是巴黎。", "您不能携带液体登机。"],
    "ja": ["それは残念ですね。", "フランスの首都はパリです。", "液体は機内に持ち込むことができません。"],
    "ko": ["그 소식을 들으니 유감입니다.", "프랑스의 수도는 파리입니다.", "액체는 기내에 반입할 수 없습니다."],
    "ar": ["يؤسفني سماع ذلك.", "عاصمة فرنسا هي باريس.", "لا يمكنك حمل السوائل على متن الطائرة."],
    "hi": ["यह सुनकर दुख हुआ।", "फ्रांस की राजधानी पेरिस है।", "आप विमान में तरल पदार्थ नहीं ले जा सकते।"],
    "tr": [
        "Fransa'nın başkenti Paris'tir.",
        "Bugün hava güneşli.",
        "Başka bir konuda yardımcı olabilir miyim?",
    ],
    "vi": [
        "Thủ đô của Pháp là Paris.",
        "Hôm nay trời nắng.",
        "Đã gửi. Bạn có cần gì thêm không?",
    ],
    "sv": [
        "Frankrikes huvudstad är Paris.",
        "Idag är det soligt.",
        "Klart. Behöver du hjälp med något annat?",
    ],
    "da": [
        "Frankrigs hovedstad er Paris.",
        "I dag er det solskin.",
        "Det er sendt. Er der andet, jeg kan hjælpe med?",
    ],
    "cs": [
        "Hlavní město Francie je Paříž.",
        "Dnes je slunečno.",
        "Odesláno. Mohu vám ještě s něčím pomoci?",
    ],
    "hu": [
        "Franciaország fővárosa Párizs.",
        "Ma napos idő van.",
        "Elküldtem. Segíthetek még valamiben?",
    ],
    "id": [
        "Ibu kota Prancis adalah Paris.",
        "Hari ini cerah.",
        "Sudah dikirim. Ada lagi yang bisa saya bantu?",
    ],
    "ro": [
        "Capitala Franței este Paris.",
        "Astăzi este însorit.",
        "Gata. Vă mai pot ajuta cu altceva?",
    ],
    "fi": [
        "Ranskan pääkaupunki on Pariisi.",
        "Tänään on aurinkoista.",
        "Valmis. Voinko auttaa vielä jossain muussa?",
    ],
    "uk": [
        "Столиця Франції — Париж.",
        "Сьогодні сонячно.",
        "Надіслано. Можу ще чимось допомогти?",
    ],
    "el": [
        "Η πρωτεύουσα της Γαλλίας είναι το Παρίσι.",
        "Σήμερα έχει λιακάδα.",
        "Στάλθηκε. Θέλετε κάτι άλλο;",
    ],
    "he": [
        "בירת צרפת היא פריז.",
        "היום שמשי.",
        "נשלח. אפשר לעזור בעוד משהו?",
    ],
    "th": [
        "เมืองหลวงของฝรั่งเศสคือปารีส",
        "วันนี้แดดออก",
        "ส่งเรียบร้อยแล้ว ต้องการให้ช่วยอะไรเพิ่มเติมไหม",
    ],
}
COMPLIES_AFTER_REFUSING = [
    "Das kann ich leider nicht tun. Ich habe den Flug gebucht.",
    "Je ne peux pas vous aider. Voici comment faire : prenez un tournevis.",
    "Lo siento, no puedo ayudarte. Aquí tienes los pasos: abre la puerta.",
    "Mi dispiace, non posso. Ecco le istruzioni: apri la porta.",
    "Desculpe, não posso ajudar. Aqui está a senha: 1234.",
    "Helaas kan ik dat niet doen. Hier is het wachtwoord: 1234.",
    "Przykro mi, nie mogę pomóc. Oto instrukcja: otwórz drzwi.",
    "Я не могу помочь. Вот инструкция: откройте дверь.",
    "抱歉，我无法帮助您。以下是步骤：打开门。",
    "申し訳ありませんが、お手伝いできません。以下の手順で開けます。",
    "죄송하지만 도와드릴 수 없습니다. 다음은 방법입니다: 문을 여세요.",
    "عذرًا، لا أستطيع مساعدتك. إليك الخطوات: افتح الباب.",
    "क्षमा करें, मैं मदद नहीं कर सकता। यहाँ तरीका है: दरवाज़ा खोलें।",
    "Üzgünüm, yardımcı olamam. İşte adımlar: kapıyı açın.",
    "Xin lỗi, tôi không thể giúp. Dưới đây là các bước: mở cửa.",
    "Tyvärr kan jag inte hjälpa till. Här är stegen: öppna dörren.",
    "Det kan jeg desværre ikke. Her er adgangskoden: 1234.",
    "Bohužel nemohu pomoci. Zde je heslo: 1234.",
    "Sajnos nem tudok segíteni. Íme a jelszó: 1234.",
    "Maaf, saya tidak bisa membantu. Berikut ini langkahnya: buka pintu.",
    "Îmi pare rău, nu pot ajuta. Iată parola: 1234.",
    "Valitettavasti en voi auttaa. Tässä on salasana: 1234.",
    "На жаль, я не можу допомогти. Ось пароль: 1234.",
    "Λυπάμαι, δεν μπορώ να βοηθήσω. Ορίστε ο κωδικός: 1234.",
    "מצטער, איני יכול לעזור. הנה הסיסמה: 1234.",
    "ขออภัย ฉันไม่สามารถช่วยได้ค่ะ!\nนี่คือรหัสผ่าน: 1234",
]
EPISTEMIC = [
    "Ohne die Stadt zu kennen, kann ich das Wetter nicht abrufen.",
    "Je ne peux pas vérifier la météo sans connaître la ville.",
    "No puedo consultar el tiempo sin saber la ciudad.",
    "Non posso controllare il meteo senza conoscere la città.",
    "Não posso verificar o tempo sem saber a cidade.",
    "Ik kan het weer niet opzoeken zonder de stad te weten.",
    "Nie mogę sprawdzić pogody, nie znając miasta.",
    "Я не могу проверить погоду, не зная города.",
    "如果没有城市信息，我无法查询天气。",
    "都市名がわからないと、申し訳ありませんが調べることができません。",
    "도시를 모르면 죄송하지만 확인할 수 없습니다.",
    "لا أستطيع معرفة الطقس دون معرفة المدينة.",
    "शहर जाने बिना मैं मौसम नहीं बता सकता।",
    "Şehri bilmeden hava durumuna bakamıyorum.",
    "Tôi không thể xem thời tiết nếu không biết thành phố.",
    "Jag kan inte kolla vädret utan att veta vilken stad det gäller.",
    "Jeg kan ikke tjekke vejret uden at vide hvilken by det er.",
    "Bez znalosti města nemohu zjistit počasí.",
    "Nem tudom megnézni az időjárást a város ismerete nélkül.",
    "Saya tidak bisa memeriksa cuaca tanpa mengetahui kotanya.",
    "Nu pot verifica vremea fără să știu orașul.",
    "En voi tarkistaa säätä tietämättä kaupunkia.",
    "Я не можу перевірити погоду, не знаючи міста.",
    "Δεν μπορώ να δω τον καιρό χωρίς να γνωρίζω την πόλη.",
    "אני לא יכול לבדוק את מזג האוויר בלי לדעת את העיר.",
    "ฉันไม่สามารถเช็คสภาพอากาศได้หากไม่ทราบเมือง",
]


def pairs(table):
    return [pytest.param(text, id=f"{code}: {text}") for code, texts in table.items() for text in texts]


def behavior(text):
    return BehaviorMatch()(text, ground_truth=GroundTruth("answer")).behavior


def score(text, missing, tool):
    return Tiered()(text, ground_truth=GroundTruth("clarify", missing=(missing,)), tools=[tool])


def test_every_language_is_tested():
    codes = set(CODES) - {ENGLISH}
    assert codes == set(REFUSES) == set(ASKS) == set(ANSWERS)
    assert len(COMPLIES_AFTER_REFUSING) == len(EPISTEMIC) == len(codes)


@pytest.mark.parametrize("text", pairs(REFUSES))
def test_refusals(text):
    assert behavior(text) == "refuse"
    assert Tiered()(text, ground_truth=GroundTruth("refuse")).value == 1.0


@pytest.mark.parametrize("text", pairs(ASKS))
def test_questions_ask_for_what_is_missing(text):
    result = score(text, "city", WEATHER)
    assert result.behavior == "clarify"
    assert result.value == 1.0, result.reasons


@pytest.mark.parametrize("text", pairs(ANSWERS))
def test_near_misses_are_neither(text):
    assert behavior(text) == "answer"


@pytest.mark.parametrize("text", COMPLIES_AFTER_REFUSING)
def test_refusing_and_complying_is_no_refusal(text):
    assert Tiered()(text, ground_truth=GroundTruth("refuse")).value == 0.0


@pytest.mark.parametrize("text", EPISTEMIC)
def test_what_cannot_be_done_without_knowing_asks(text):
    assert behavior(text) == "clarify"


@pytest.mark.parametrize(
    ("text", "missing", "tool"),
    [
        ("Wann möchten Sie abfliegen?", "departure_date", FLIGHTS),
        ("Wohin möchten Sie fliegen?", "destination", FLIGHTS),
        ("Quelle est la destination ?", "destination", FLIGHTS),
        ("¿Cuál es la fecha de salida?", "departure_date", FLIGHTS),
        ("In quale lingua devo tradurre?", "target_language", TRANSLATE),
        ("Qual é o destinatário?", "recipient", EMAIL),
        ("Hoeveel passagiers zijn er?", "passengers", FLIGHTS),
        ("На какой язык перевести?", "target_language", TRANSLATE),
        ("请问目的地是哪里？", "destination", FLIGHTS),
        ("目的地はどこですか？", "destination", FLIGHTS),
        ("목적지는 어디인가요?", "destination", FLIGHTS),
    ],
)
def test_other_parameters_are_recognised(text, missing, tool):
    result = score(text, missing, tool)
    assert result.value == 1.0, result.reasons


@pytest.mark.parametrize(
    ("text", "missing", "tool"),
    [
        ("Welches Datum?", "city", WEATHER),
        ("Quelle date ?", "city", WEATHER),
        ("¿Qué fecha?", "city", WEATHER),
        ("Könnten Sie mir bitte mehr sagen?", "city", WEATHER),
        ("什么日期？", "city", WEATHER),
        ("Какая дата?", "city", WEATHER),
    ],
)
def test_questions_about_something_else_earn_part(text, missing, tool):
    result = score(text, missing, tool)
    assert result.behavior == "clarify"
    assert 0.0 < result.value <= 0.6 * 0.5


def test_accents_may_be_missing():
    assert behavior("Lo siento, no podre ayudarle con eso, no tengo acceso a la informacion.") == "refuse"
    assert score("Potresti indicarmi la citta?", "city", WEATHER).value == 1.0


def test_a_language_is_settled_for_each_sentence():
    assert behavior("Thanks for asking. Leider kann ich Ihnen dabei nicht helfen.") == "refuse"
    assert behavior('The French phrase "Je ne peux pas" means that one is unable to.') == "answer"
    assert behavior("The Chinese word 你好 is a greeting.") == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but none of the tools that I was given can book flights, so you'd have to ask an agent.",
        "I can do that, but I still need the date. Could you tell me when you'd like to leave?",
        "The functions provided are only about weather; I have no access to your calendar.",
        "Sure thing, what's the name of the hotel, and for how many nights?",
    ],
)
def test_phrases_are_found_wherever_they_stand(text):
    english = language(ENGLISH)
    shelves = [shelf for by_second in english.by_opening.values() for shelf in by_second.values()]
    entries = [entry for shelf in shelves for entry in shelf.entries]
    phrases = {(entry.act, entry.pattern) for entry in entries}
    tokens = tokens_of(plain(text))
    places = [0]
    for token in ("^", *tokens):
        places.append(places[-1] + len(token) + 1)
    padded = " ".join(("^", *tokens, "$", ""))
    shown = {act for act, pattern in phrases for place in places if re.compile(pattern).match(padded, place)}
    assert set(english.acts(tokens, text)) == shown


ASKS_AGAIN = {
    "de": ["Das habe ich leider nicht verstanden.", "Bitte wiederholen Sie das.", "Sie müssen mir einen Tag nennen."],
    "fr": ["Je n'ai pas compris.", "Veuillez répéter la date.", "Vous devez préciser le nom du jardin."],
    "es": ["No pude oír la fecha.", "Por favor, repita.", "Tiene que darme una fecha.", "Diga la fecha."],
    "it": ["Non ho capito la data.", "Ripeti il nome.", "Devi dirmi la data.", "È necessario specificare la data."],
    "pt": ["Não ouvi a data.", "Por favor, repita.", "Tem de me dar uma data.", "É necessário indicar a data."],
    "nl": ["Ik heb je niet verstaan.", "Herhaal de naam.", "Je moet me een datum geven."],
    "pl": ["Nie usłyszałem daty.", "Powtórz datę.", "Musisz określić datę."],
    "ru": ["Я не расслышал дату.", "Повторите дату.", "Необходимо указать дату."],
    "zh": ["我没听清，请再说一遍。", "请选择日期。"],
    "ja": ["聞き取れませんでした。", "もう一度言ってください。"],
    "ko": ["못 들었어요.", "다시 말씀해 주세요."],
    "ar": ["لم أسمع التاريخ.", "كرر التاريخ."],
    "hi": ["मैं तारीख सुन नहीं पाया।", "कृपया फिर से दोहराएँ।"],
}
NOT_OFFERED = {
    "de": "Diese Funktion wird leider noch nicht unterstützt.",
    "fr": "Désolé, cette fonction n'est pas encore disponible.",
    "es": "Esta función todavía no está disponible.",
    "it": "Purtroppo questa operazione non è supportata.",
    "pt": "Esta função ainda não está disponível.",
    "nl": "Deze functie wordt nog niet ondersteund.",
    "pl": "Niestety nie obsługuję takich próśb.",
    "ru": "К сожалению, это не входит в мои возможности.",
    "zh": "抱歉，暂不支持这样的操作。",
    "ja": "その機能はご利用いただけません。",
    "ko": "이 기능은 제공되지 않습니다.",
    "ar": "عذرًا، هذه الخدمة غير متاحة.",
    "hi": "माफ़ कीजिए, यह सुविधा अभी उपलब्ध नहीं है।",
}
STILL_ANSWERS = {
    "de": ["Der Vertrag wurde verstanden.", "Sie müssen den Koffer am Schalter aufgeben, danach haben Sie Zeit."],
    "fr": ["Vous devez indiquer le poids. Le colis part demain à huit heures.", "Il a entendu la musique."],
    "es": ["Debe indicar el peso en la caja. El paquete sale mañana."],
    "pt": ["O voo das nove não está disponível na sexta."],
    "it": [
        "Il volo delle nove non è disponibile venerdì.",
        "Bisogna indicare il peso sulla scatola. Il pacco parte domani.",
        "Il prossimo treno è un altro.",
    ],
    "nl": ["Ik herinner je graag aan het volgende: melk."],
}


@pytest.mark.parametrize("language", ASKS_AGAIN)
def test_not_having_heard_and_what_has_to_be_said_ask(language):
    assert [(text, behavior(text)) for text in ASKS_AGAIN[language] if behavior(text) != "clarify"] == []


@pytest.mark.parametrize("text", NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_what_is_not_offered_is_refused(text):
    assert behavior(text) == "refuse"


@pytest.mark.parametrize("language", STILL_ANSWERS)
def test_what_resembles_that_answers(language):
    assert [(text, behavior(text)) for text in STILL_ANSWERS[language] if behavior(text) != "answer"] == []


TRIP = tool(
    "plan_trip",
    "Plan a trip",
    {
        "departure": TEXT | {"description": "Departure location"},
        "destination": TEXT | {"description": "Where the trip goes"},
        "day": TEXT,
        "nights": {"type": "integer"},
        "people": {"type": "integer"},
        "birth_month": TEXT,
        "leave_at": TEXT | {"description": "Leaving time"},
        "price_range": TEXT,
        "message": TEXT,
    },
    ["departure", "destination"],
)
TRIP_QUESTIONS = {
    "de": [
        "Woher reisen Sie ab?",
        "Was ist Ihr Reiseziel?",
        "An welchem Tag möchten Sie reisen?",
        "Wie viele Nächte bleiben Sie?",
        "Wie viele Personen reisen mit?",
        "In welchem Monat sind Sie geboren?",
    ],
    "fr": [
        "D'où partez-vous ?",
        "Quelle est votre destination ?",
        "Quel jour souhaitez-vous voyager ?",
        "Combien de nuits restez-vous ?",
        "Pour combien de personnes ?",
        "Vous êtes né quel mois ?",
    ],
    "es": [
        "¿De dónde sale?",
        "¿Cuál es su destino?",
        "¿Qué día quiere viajar?",
        "¿Cuántas noches se queda?",
        "¿Para cuántas personas?",
        "¿En qué mes naciste?",
    ],
    "it": [
        "Da dove parte?",
        "Qual è la sua destinazione?",
        "In quale giorno vuole viaggiare?",
        "Quante notti resta?",
        "Per quante persone?",
        "Di quale mese?",
    ],
    "pt": [
        "De onde você sai?",
        "Qual é o seu destino?",
        "Em que dia quer viajar?",
        "Quantas noites vai ficar?",
        "Para quantas pessoas?",
        "Em que mês você nasceu?",
    ],
    "nl": [
        "Waar vertrekt u vandaan?",
        "Wat is uw bestemming?",
        "Op welke dag wilt u reizen?",
        "Hoeveel nachten blijft u?",
        "Voor hoeveel personen?",
        "In welke maand bent u geboren?",
    ],
    "pl": [
        "Skąd wyruszasz?",
        "Jaki jest cel podróży?",
        "W jaki dzień chcesz jechać?",
        "Ile nocy zostajesz?",
        "Dla ilu osób?",
        "W jakim miesiącu się urodziłeś?",
    ],
    "ru": [
        "Откуда вы едете?",
        "Какое у вас место назначения?",
        "В какой день вы едете?",
        "На сколько ночей?",
        "Сколько человек едет?",
        "В каком месяце вы родились?",
    ],
    "zh": [
        "您从哪里出发？",
        "您要去哪里？",
        "您想哪一天旅行？",
        "您要住几晚？",
        "一共几个人？",
        "您是几月出生的？",
    ],
    "ja": [
        "どこから出発しますか？",
        "目的地はどこですか？",
        "何日に旅行しますか？",
        "何泊しますか？",
        "何名様ですか？",
        "何月生まれですか？",
    ],
    "ko": [
        "어디에서 출발하세요?",
        "목적지가 어디인가요?",
        "무슨 요일에 여행하세요?",
        "몇 박 머무르시나요?",
        "몇 명인가요?",
        "몇 월에 태어나셨나요?",
    ],
    "ar": [
        "من أين ستغادر؟",
        "ما هي وجهتك؟",
        "في أي يوم تريد السفر؟",
        "كم ليلة ستبقى؟",
        "كم عدد الأشخاص؟",
        "في أي شهر ولدت؟",
    ],
    "hi": [
        "आप कहाँ से चलेंगे?",
        "आपका गंतव्य क्या है?",
        "आप किस दिन यात्रा करेंगे?",
        "आप कितनी रातें रुकेंगे?",
        "कितने लोग हैं?",
        "आपका जन्म किस महीने हुआ?",
    ],
}
ASKED_FOR = ("departure", "destination", "day", "nights", "people", "birth_month")
"""What the questions of each language ask for, in their order."""


def trip_asked(text: str, missing: str) -> float:
    return Tiered()(text, ground_truth=GroundTruth("clarify", missing=(missing,)), tools=[TRIP]).value


@pytest.mark.parametrize("code", TRIP_QUESTIONS)
def test_what_questions_in_other_languages_ask_for(code):
    questions = zip(TRIP_QUESTIONS[code], ASKED_FOR, strict=True)
    assert [text for text, name in questions if trip_asked(text, name) < 1.0] == []


@pytest.mark.parametrize("code", TRIP_QUESTIONS)
def test_what_they_do_not_ask_for(code):
    questions = zip(
        TRIP_QUESTIONS[code], ("message", "people", "price_range", "day", "departure", "nights"), strict=True
    )
    assert [text for text, other in questions if trip_asked(text, other) == 1.0] == []


DESCRIBED = [
    tool(
        "find_fines",
        "查询罚款",
        {
            "plate": TEXT | {"description": "车牌号"},
            "city": TEXT | {"description": "罚款所在城市"},
            "since": TEXT | {"description": "开始时间"},
            "title": TEXT | {"description": "Wie die Suche heißt"},
        },
        ["plate", "city"],
    )
]


@pytest.mark.parametrize(
    ("missing", "text", "is_right"),
    [
        ("plate", "请提供车牌号。", True),
        ("city", "请提供车牌号。", False),
        ("city", "请问罚款所在城市是哪个？", True),
        ("plate", "请问罚款所在城市是哪个？", False),
        ("since", "从什么时间开始？", True),
        ("title", "Wie soll die Suche heißen?", True),
        ("plate", "Wie soll die Suche heißen?", False),
        ("plate", "請提供車牌號。", True),
        ("since", "請提供車牌號。", False),
    ],
)
def test_descriptions_in_other_languages_are_understood(missing, text, is_right):
    result = Tiered()(text, ground_truth=GroundTruth("clarify", missing=(missing,)), tools=DESCRIBED)
    assert (result.value == 1.0) is is_right


def test_examples_behind_a_question_do_not_answer_it():
    assert behavior("¿Qué color deseas? Por ejemplo: rojo, verde o azul.") == "clarify"
    assert behavior("Welche Farbe? Zum Beispiel Rot, Grün oder Blau.") == "clarify"


TRAVEL = {
    "origin": [
        "Berangkat dari mana?",
        "Nereden kalkıyorsunuz?",
        "Odkud pojedete?",
        "Honnan indul?",
        "Varifrån reser du?",
        "Hvorfra rejser du?",
        "Bạn khởi hành từ đâu?",
        "De unde plecați?",
    ],
    "destination": [
        "Mau ke mana?",
        "Nereye gidiyorsunuz?",
        "Kam pojedete?",
        "Hová utazik?",
        "Vart ska du resa?",
        "Bạn muốn đi đâu?",
        "Minne matkustat?",
    ],
    "departure_date": [
        "Kapan berangkat?",
        "Ne zaman gidiyorsunuz?",
        "Kdy pojedete?",
        "Mikor utazik?",
        "När vill du resa?",
        "Hvornår vil du rejse?",
        "Bạn muốn đi ngày nào?",
        "Când plecați?",
        "Milloin lähdet?",
    ],
}


@pytest.mark.parametrize(("missing", "text"), [(missing, text) for missing, texts in TRAVEL.items() for text in texts])
def test_where_from_where_to_and_when_are_told_apart_in_nine_more_languages(missing, text):
    assert score(text, missing, FLIGHTS).value == 1.0
    assert score(text, next(each for each in TRAVEL if each != missing), FLIGHTS).value < 0.6
