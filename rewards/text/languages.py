"""How people refuse, ask, offer, comply and claim to have acted in languages besides English: data for `phrases`.

A phrase is a run of words; `a/b` is either word and `*` any few words within a clause. Phrases are separated by `|`.
Accents may be missing from a text. In languages without spaces between words, or whose words change at both ends,
phrases are looked for inside words too (`is_joined`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One language.

    Args:
        code: ISO 639-1.
        marks: frequent words by which a Latin-script sentence is told to be in it; empty where the script tells.
        refuses: what declines.
        asks: what requests information, without a question mark too.
        starts: how questions begin.
        offers: questions that merely offer help.
        complies: what goes on to do as requested.
        claims: what says that something has been done.
        unless: what turns a refusal into a request, such as "without knowing".
        is_joined: whether phrases are looked for inside words.
    """

    code: str
    marks: str
    refuses: str
    asks: str
    starts: str
    offers: str
    complies: str
    claims: str
    unless: str
    is_joined: bool = False


LANGUAGES = (
    Language(
        code="de",
        marks="ich sie du der das und nicht ist ein eine einen mit für zu zum kann können könnten könntest welche "
        "welcher welches welchen welchem bitte wo wann wohin wie viele viel wer wem leider den dem es ihnen ihre ihr "
        "dir auf von wird wurde möchten soll habe haben tut mir dabei diese dieser im am sind",
        refuses="ich/wir kann/können/konnte * nicht/kein/keine/keinen/keinerlei | kann/können ich/wir * "
        "nicht/kein/keine/keinen | bin * nicht in der lage | bin * nicht berechtigt/befugt/imstande | mir * nicht "
        "möglich | ist * leider nicht möglich | ich darf * nicht/keine/keinen | darf ich * nicht/keine/keinen | "
        "muss ich * ablehnen | ich muss * ablehnen | ich lehne * ab | ich weigere mich | habe * "
        "keinen/keine/kein zugriff/zugang/möglichkeit/werkzeug/funktion/tool/berechtigung | ich werde * nicht "
        "helfen/tun/ausführen | außerhalb meiner | steht/stehen mir * kein/keine/keinen/nicht | übersteigt meine | nicht weiterhelfen | dabei * nicht helfen",
        asks="bitte geben/gib/nennen/nenne/teilen/teile/sagen/sag/präzisieren/spezifizieren | "
        "könnten/könntest/können/kannst sie/du/ihr * angeben/sagen/mitteilen/nennen/präzisieren/verraten/bestätigen/"
        "erläutern | ich brauche/bräuchte/benötige | brauche/bräuchte/benötige ich | ich müsste * wissen | ich muss * wissen | "
        "müsste ich * wissen | muss ich * wissen | fehlt mir/noch | fehlen mir/noch | mir fehlt/fehlen | "
        "teilen sie mir | sagen sie mir | sag mir",
        starts="welche | welcher | welches | welchen | welchem | wo | wohin | woher | wann | wer | wen | wem | wie "
        "viele/viel/lange/oft/heißt | was | an wen | an/in/für/von/nach/zu/auf/aus welchem/welchen/welche/welcher/"
        "welches | von wo | ab wann | um wie | für wie | bis wann",
        offers="sonst noch | noch etwas | anderweitig | kann ich * helfen | kann ich * behilflich | wie/womit kann "
        "ich | weitere fragen | noch fragen | soll ich * stattdessen | möchten/möchtest sie/du * dass ich",
        complies="hier ist/sind/die/der/das/eine | so geht | schritt 1/eins | zuerst | selbstverständlich | gerne hier | "
        "aber klar | lautet",
        claims="ich habe * gebucht/gesendet/geschickt/reserviert/erstellt/bestellt/überwiesen/übersetzt/gelöscht/"
        "gestellt/verschickt/eingetragen/storniert/versendet/angelegt | wurde/wurden * gebucht/gesendet/verschickt/"
        "reserviert/erstellt/bestellt/überwiesen/gelöscht/storniert/versendet | erledigt | ist gebucht/reserviert",
        unless="ohne * zu wissen/kennen | ohne diese/die/das/den/weitere/eine/nähere | wenn sie mir nicht | solange | "
        "noch nicht weiß | bevor",
    ),
    Language(
        code="fr",
        marks="je vous tu le la les un une des et est ne pas pour de du que quel quelle quels quelles où quand qui "
        "combien pouvez pourriez veuillez votre vos mes dans à ce cette il désolé avec voici sur peux suis ai été "
        "cela vers au aux avez faut quoi merci",
        refuses="je ne peux/puis/pourrai/saurais * pas/malheureusement/rien | je ne suis pas * "
        "mesure/capable/autorisé/autorisée/habilité | je suis incapable | je suis dans l incapacité | m est "
        "impossible | n est pas possible | je refuse | je dois * refuser/décliner | je n ai pas * "
        "accès/possibilité/outil/outils/capacité/droit/moyen | dépasse mes | hors de mes/ma | je ne vais pas | "
        "je ne dispose * pas/d | nous ne pouvons pas",
        asks="pouvez/pourriez/pourrais/peux vous/tu * préciser/indiquer/fournir/donner/dire/confirmer/communiquer/"
        "spécifier/clarifier | veuillez * préciser/indiquer/fournir/donner/confirmer/spécifier | merci de/d * "
        "préciser/indiquer/fournir/confirmer/donner | j ai * besoin | j aurais besoin | il me faut/manque/faudrait | "
        "dites/dis/indiquez/précisez moi | il manque | je dois savoir/connaître | précisez",
        starts="quel | quelle | quels | quelles | où | d où | quand | qui | combien | que/qu | quoi | "
        "à/de/pour/dans/vers/en/sur/depuis quel/quelle/quels/quelles/qui/où/quand/combien | et quel/quelle/où/quand",
        offers="autre chose | puis je * aider | comment puis je | autres questions | souhaitez/voulez vous que je | "
        "puis je faire",
        complies="voici | voilà | étape 1 | tout d abord | bien sûr | je peux * dire que | d abord | il suffit",
        claims="j ai * réservé/envoyé/effectué/créé/commandé/transféré/traduit/supprimé/programmé/ajouté/annulé | "
        "a/ont été * réservé/réservée/envoyé/envoyée/effectué/créé/commandé/transféré/supprimé/confirmé/confirmée | "
        "c est fait | est réservé/réservée/confirmé/confirmée",
        unless="sans connaître/savoir | sans le/la/les/cette/ces/plus/votre | avant de | tant que",
    ),
    Language(
        code="es",
        marks="el la los las un una de que no es por para con su sus y en qué cuál cuáles dónde cuándo quién cuántos "
        "cuántas cuánto puede podría podrías puedes favor necesito lo me te le está usted siento pero esta este del al "
        "puedo tengo he ha indica hay desea quiere",
        refuses="no puedo | no podré | no podría ayudar/ayudarle/ayudarte | no podemos | no soy capaz | no estoy "
        "autorizado/autorizada/capacitado/facultado | no me es posible | no es posible | no tengo * "
        "acceso/capacidad/permiso/herramientas/herramienta/manera/forma | me niego | debo rechazar/negarme/declinar | "
        "fuera de mi/mis | no voy a | no dispongo | no cuento con | no estoy en condiciones | me resulta imposible",
        asks="podría/podrías/puede/puedes/podrían * especificar/indicar/indicarme/decirme/proporcionar/proporcionarme/"
        "confirmar/confirmarme/aclarar/dar/darme/decir/especificarme | por favor * "
        "indique/indica/indícame/especifique/especifica/proporcione/proporciona/dime/dígame/confirme/confirma | necesito "
        "saber/el/la/los/las/que/un/una/conocer/más/su/tu | me falta/faltan | falta/faltan | dígame | indíqueme | "
        "dime | indícame | me gustaría saber",
        starts="qué | cuál | cuáles | dónde | adónde | cuándo | quién | quiénes | cuánto | cuánta | cuántos | cuántas | "
        "cómo se | a/de/en/para/desde/hacia/con/y/por qué/cuál/quién/dónde/cuándo/cuántos/cuántas/cuánto",
        offers="algo más | en qué más | en qué puedo | puedo ayudar/ayudarle/ayudarte | otra pregunta | alguna otra | "
        "quiere/quieres/desea/deseas que | cómo puedo",
        complies="aquí tiene/tienes/está/están/va | paso 1 | primero | claro | por supuesto | puedo decirle/decirte que | "
        "a continuación",
        claims="he reservado/enviado/creado/pedido/transferido/traducido/eliminado/programado/añadido/cancelado/"
        "realizado/hecho | ha sido reservado/reservada/enviado/creada/creado/confirmada/confirmado | ya está | listo | hecho | "
        "se ha reservado/enviado/creado/realizado",
        unless="sin saber/conocer | sin el/la/los/las/esa/ese/esta/este/más | antes de | hasta que",
    ),
    Language(
        code="it",
        marks="il lo la gli le un una di che non è per con suo sua e in quale quali dove quando chi quanti quante quanto "
        "può potrebbe potresti puoi favore bisogno mi ti del della dei sono ho posso mio dispiace questa questo al alla "
        "ecco cosa desidera vuole",
        refuses="non dispongo | non posso | non potrò | non possiamo | non sono in grado | non mi è possibile | non è possibile | non ho * "
        "accesso/possibilità/strumenti/strumento/modo/capacità/autorizzazione | devo rifiutare/declinare | mi rifiuto | "
        "non riesco a | non sono * autorizzato/autorizzata/capace | al di fuori delle/dei/della | va oltre le mie | "
        "non intendo | mi è impossibile",
        asks="potrebbe/potresti/può/puoi * specificare/indicare/indicarmi/dirmi/fornire/fornirmi/confermare/precisare/"
        "chiarire/darmi/dire/specificarmi | per favore * specifica/specifichi/indica/indichi/fornisci/fornisca/dimmi/"
        "mi/conferma/confermi | ho bisogno | avrei bisogno | mi serve/servono/servirebbe | mi manca/mancano | "
        "manca/mancano | dimmi | mi dica | mi indichi | devo sapere/conoscere",
        starts="quale | quali | qual | dove | quando | chi | quanti | quante | quanto | quanta | che | cosa | come si | "
        "a/di/da/in/per/con/su/verso/e/del/alla/al quale/quali/chi/dove/quando/quanti/quante/che",
        offers="altro | posso aiutarla/aiutarti/aiutare/esserle | come posso | altre domande | vuole/vuoi/desidera/desideri "
        "che io",
        complies="ecco | passo 1 | prima di tutto | certo | certamente | posso dirle/dirti che | di seguito",
        claims="ho prenotato/inviato/creato/ordinato/trasferito/tradotto/eliminato/impostato/aggiunto/annullato/"
        "effettuato | è stato/stata prenotato/prenotata/inviato/inviata/creato/creata/confermata/confermato | fatto",
        unless="senza sapere/conoscere | senza il/la/lo/i/le/questa/questo/ulteriori | prima di poter | finché",
    ),
    Language(
        code="pt",
        marks="o os um uma de que não é por para com seu sua e em qual quais onde quando quem quantos quantas quanto pode "
        "poderia favor preciso me te do da dos das no na está você desculpe lamento mas esta este ao posso tenho consigo "
        "sinto muito gostaria informe são",
        refuses="não posso | não consigo | não podemos | não poderei | não sou capaz | não estou * "
        "autorizado/autorizada/apto | não é possível | não me é possível/permitido | não tenho * "
        "acesso/como/permissão/capacidade/ferramentas/ferramenta/autorização | recuso me | me recuso | devo recusar | "
        "preciso recusar | fora do/da/das/dos meu/minha/minhas/meus | não vou | não disponho | sou incapaz",
        asks="poderia/pode/podes/poderias * especificar/informar/indicar/dizer/fornecer/confirmar/esclarecer/me/dar | "
        "por favor * informe/especifique/indique/forneça/diga/confirme/informa/indica | preciso "
        "saber/do/da/de/que/dos/das | me falta | falta/faltam | me diga | diga me | indique | gostaria de saber",
        starts="qual | quais | onde | aonde | quando | quem | quantos | quantas | quanto | quanta | que | como se | "
        "para/de/em/a/com/por/e/desde onde/quem/qual/quais/que/quando/quantos/quantas",
        offers="mais alguma coisa | algo mais | posso ajudar/ajudá/te/lhe | como posso | outra pergunta | "
        "quer/deseja/gostaria que eu",
        complies="aqui está/estão/vai | passo 1 | primeiro | claro | com certeza | posso dizer que | a seguir",
        claims="reservei | enviei | criei | pedi | transferi | traduzi | agendei | foi/foram "
        "reservado/reservada/enviado/enviada/criado/criada/confirmada/confirmado/agendado | feito | pronto | já está",
        unless="sem saber/conhecer | sem o/a/os/as/essa/esse/mais | antes de | até que",
    ),
    Language(
        code="nl",
        marks="ik u je het een de en niet is van voor met te kan kunt kun zou welke welk waar wanneer wie hoeveel graag uw "
        "mijn dat dit deze naar op aan helaas spijt geen heb hebt zijn wilt wil er door moet mag nog wat hier maar daar",
        refuses="ik/wij/we kan/kunnen * niet/geen | kan/kunnen ik/wij/we * niet/geen | ik ben * niet in staat | ik ben * niet "
        "bevoegd/gemachtigd | is * niet mogelijk | ik mag * niet/geen | mag ik * niet/geen | moet ik * weigeren | ik moet * "
        "weigeren | ik weiger | heb ik * geen toegang/mogelijkheid/tool/toestemming | ik beschik * niet/geen | ik heb * geen toegang/mogelijkheid/tool/hulpmiddel/functie/toestemming | buiten mijn | "
        "ik zal * niet",
        asks="kunt/kun/kan/zou u/je/jij * aangeven/zeggen/vertellen/geven/specificeren/verduidelijken/doorgeven/bevestigen/"
        "laten | geef * door/aan | ik heb * nodig | heb ik * nodig | ik moet * weten | moet ik * weten | laat "
        "me/mij/het * weten | vertel me/mij | graag | ontbreekt",
        starts="welke | welk | waar | waarheen | waarvandaan | wanneer | wie | hoeveel | hoe lang/laat/vaak/heet | wat | "
        "naar/van/voor/in/op/aan/uit/met/vanuit/tot en welke/welk/waar/wie/hoeveel/wanneer | "
        "naar/van/voor/in/op/aan/uit/met/vanuit/tot welke/welk/waar/wie/hoeveel/wanneer",
        offers="verder nog | nog iets | kan ik * helpen | hoe/waarmee kan ik | andere vragen | nog vragen | wilt/wil u/je "
        "dat ik",
        complies="hier is/zijn | stap 1 | ten eerste | eerst | natuurlijk | ik kan * vertellen dat | zeker",
        claims="ik heb * geboekt/verstuurd/verzonden/gereserveerd/aangemaakt/besteld/overgemaakt/vertaald/verwijderd/"
        "ingesteld/geannuleerd/toegevoegd | is/zijn/werd * geboekt/verstuurd/verzonden/gereserveerd/aangemaakt/besteld | "
        "klaar | gedaan",
        unless="zonder * te weten/kennen | zonder de/het/deze/dit/meer/uw | voordat | zolang",
    ),
    Language(
        code="pl",
        marks="nie jest się na do w i z że to czy proszę jaki jaka jakie jaką jakiego jakim która który które gdzie kiedy "
        "kto ile dla przykro mi mogę może możesz mógłby mógłbyś podać o od za po jestem mam pan pani ale twoje oto skąd "
        "dokąd niestety przepraszam komu tego jakiej",
        refuses="nie mogę | nie możemy | nie jestem * stanie/uprawniony/upoważniony | nie będę w stanie | nie dysponuję | nie mam * "
        "możliwości/dostępu/narzędzi/narzędzia/uprawnień | nie da się | nie jest możliwe | niemożliwe | muszę * odmówić | "
        "odmawiam | nie potrafię | nie wolno mi | poza moimi/moje | wykracza poza | nie zrobię",
        asks="mógłbyś/mogłabyś/możesz/może/mógłby/mogłaby/zechce * podać/powiedzieć/określić/sprecyzować/wskazać/"
        "doprecyzować/potwierdzić | proszę * podać/podanie/określić/określenie/wskazać/powiedzieć/sprecyzować/"
        "doprecyzować | podaj | potrzebuję | potrzebna/potrzebne/potrzebny | muszę * wiedzieć/znać | brakuje | powiedz",
        starts="jaki | jaka | jakie | jakiego | jaką | jakiej | jakim | który | która | które | którą | którego | gdzie | "
        "dokąd | skąd | kiedy | kto | komu | kogo | ile | co | do/w/na/z/o/od/dla/za/po jakiego/jakim/jaki/jaką/jakiej/"
        "jaka/jakie/którego/której/którym/kogo/kiedy/ilu/ile/kim/której",
        offers="coś jeszcze | czym jeszcze | mogę * pomóc | jak mogę | inne pytania",
        complies="oto | krok 1 | najpierw | oczywiście | jasne | mogę powiedzieć że",
        claims="zarezerwowałem | zarezerwowałam | wysłałem | wysłałam | utworzyłem | zamówiłem | usunąłem | ustawiłem | "
        "został/została/zostało/zostały * zarezerwowany/zarezerwowana/wysłany/wysłana/wysłane/utworzone/utworzony/"
        "zarezerwowane | gotowe | zrobione",
        unless="nie znając | nie wiedząc | bez znajomości/podania/tej/tych/informacji | dopóki | zanim",
    ),
    Language(
        code="ru",
        marks="",
        refuses="не могу | не можем | не смогу | не в состоянии | не имею * доступа/возможности/права | у меня нет * "
        "доступа/возможности/инструмента/инструментов/функции/прав | это невозможно | вынужден/вынуждена * отказать/"
        "отказаться | отказываюсь | не умею | не уполномочен | за рамки моих | не буду",
        asks="уточните | укажите | сообщите | назовите | скажите | подскажите | предоставьте | мне * нужно/нужна/нужен/"
        "нужны/необходимо/потребуется * знать | мне нужен/нужна/нужны/необходим/необходима | не могли бы вы | можете * "
        "уточнить/указать/сказать/подсказать | не указан/указана/указано/указали | не хватает",
        starts="какой | какая | какое | какие | какую | каком | какого | каким | где | куда | откуда | когда | кто | кому | "
        "кого | сколько | что | в/на/из/для/до/по/с/к/о какой/какую/какое/какого/каком/какие/скольких/какая/каким/"
        "когда | как долго",
        offers="нибудь еще | чем еще | могу * помочь | чем могу | чем я могу | другие вопросы | еще вопросы",
        complies="вот | шаг 1 | сначала | конечно | разумеется | могу сказать что",
        claims="я * забронировал/забронировала/отправил/отправила/создал/создала/заказал/перевел/удалил/установил/"
        "отменил | был/была/было/были * забронирован/забронирована/забронировано/отправлено/отправлен/отправлена/создано | "
        "готово | сделано | забронировано | отправлено",
        unless="не зная | без указания/знания/информации/этой/этих/уточнения | пока вы не | пока не знаю | прежде чем",
    ),
    Language(
        code="zh",
        marks="",
        refuses="我无法|我不能|我没法|无法帮|无法为您|无法为你|无法提供|无法完成|无法执行|无法处理|无法满足|无法协助|无法回答|不能帮|没有权限|"
        "没有办法|没办法帮|帮不了|我做不到|我拒绝|恕我不能|恕难|超出了我|我没有*的能力|我没有*功能|我没有*工具|没有可用的工具|没有合适的工具|没有相关工具|我不会*协助|不予提供|不方便提供",
        asks="请问|请提供|请告诉|请告知|请说明|请指定|请确认|请补充|请明确|能否告诉|能告诉我|能否提供|可以告诉我|您能提供|你能提供|"
        "需要知道|需要您提供|需要你提供|还需要",
        starts="哪|什么|谁|多少|几|何时|怎么",
        offers="还有什么|还有其他|还需要其他|需要我帮|可以帮您|可以帮你|其他帮助|其他问题",
        complies="以下是|步骤|首先|当然可以|好的,|这是|方法如下|如下:|答案是",
        claims="已为您|已为你|已经为您|已经为你|已经预订|已预订|已发送|已经发送|已完成|已经完成|我已经|预订成功|已成功",
        unless="如果没有|不知道|不确定|无法确定|不清楚|未提供|没有提供|没有说明|才能",
        is_joined=True,
    ),
    Language(
        code="ja",
        marks="",
        refuses="申し訳*できません|申し訳*できない|申し訳*ません|すみません*できません|すみません*できない|残念*できません|ごめん*できません|恐れ入り*ません|私は*できません|"
        "私には*できません|お手伝い*できません|お手伝いできない|対応できません|対応できない|対応することはできません|お答えできません|お応えできません|"
        "応じられません|いたしかねます|致しかねます|できかねます|権限がありません|機能がありません|ツールがありません|お断り|提供できません|"
        "提供することはできません|お引き受けできません",
        asks="教えて|お知らせください|ご指定|指定してください|入力してください|お聞かせ|ご教示|でしょうか|ますか|ですか|もらえますか|くださいますか|"
        "知る必要|お伺い|明確にして",
        starts="どの|どこ|いつ|誰|だれ|どなた|何|いくつ|いくら|どちら|どれ",
        offers="他に何か|ほかに何か|何かお手伝い|他にお手伝い|他にご",
        complies="以下の|以下は|こちらが|こちらです|ステップ|もちろん|まず|方法は|次のとおり",
        claims="予約しました|送信しました|完了しました|設定しました|作成しました|注文しました|送りました|予約いたしました|手配しました|"
        "完了いたしました|取りました",
        unless="分からない|わからない|分かりません|わかりません|不明|がないと|がなければ|がわかれば|知らずに",
        is_joined=True,
    ),
    Language(
        code="ko",
        marks="",
        refuses="죄송*수 없|죄송*어렵|죄송*못|죄송*불가|죄송*않습니다|기능은 지원하지|지원하지 않는 기능|미안*수 없|도와드릴 수 없|도와 드릴 수 없|드릴 수 없|저는*수 없|제가*수 없|요청*수 없|"
        "요청*거절|권한이 없|기능이 없|도구가 없|거절하겠|거절합니다|제 능력 밖|할 수 없는 요청",
        asks="알려 주|알려주|말씀해 주|말씀해주|주시겠어요|주시겠습니까|주실 수 있|입력해 주|입력해주|지정해 주|지정해주|알아야|"
        "필요합니다|필요해요|확인해 주",
        starts="어느|어떤|어디|언제|누구|누가|몇|얼마|무엇|무슨|뭐",
        offers="더 도와|다른 도움|도와드릴까요|도와 드릴까요|다른 질문|무엇을 도와",
        complies="다음과 같|다음은|여기|물론|단계|방법은|우선|먼저",
        claims="예약했습니다|보냈습니다|완료했습니다|예약되었습니다|전송했습니다|완료되었습니다|예약해 드렸|설정했습니다|생성했습니다|"
        "주문했습니다|처리했습니다",
        unless="모르면|없이는|알아야|알지 못하면|모르기|없으면",
        is_joined=True,
    ),
    Language(
        code="ar",
        marks="",
        refuses="لا أستطيع | لا يمكنني | لا أقدر | لست قادر | غير قادر | ليس بإمكاني | ليس بوسعي | ليس لدي صلاحية | ليس لدي إمكانية | ليس لدي القدرة | "
        "ليس لدي أداة | ليس لدي أي أداة | لن أتمكن | أرفض | يتعذر علي | من غير الممكن | لا أملك | لا توجد/يوجد لدي | ليست لدي | لن أساعد | لا نستطيع | خارج نطاق",
        asks="يرجى | الرجاء | هل يمكنك | هل تستطيع | هل بإمكانك | أحتاج إلى | أحتاج أن | أخبرني | حدد لي | من فضلك * حدد/أخبرني/اذكر | أود معرفة | ينقصني",
        starts="أي | ما | أين | متى | من | كم | إلى أين | ماذا | في أي | إلى أي | لأي",
        offers="شيء آخر | كيف يمكنني | هل يمكنني مساعدتك | مساعدة أخرى | أسئلة أخرى | هل تريد أن",
        complies="إليك | فيما يلي | الخطوة | بالتأكيد | بالطبع | أولا | ها هي | ها هو",
        claims="لقد قمت | لقد حجزت | لقد أرسلت | تم حجز | تم إرسال | تم إنشاء | تم تحويل | تم الحجز | تم الإرسال | تم بنجاح | لقد تم",
        unless="دون معرفة | بدون معرفة | دون تحديد | قبل أن | ما لم | بدون هذه | من دون",
    ),
    Language(
        code="hi",
        marks="",
        refuses="मैं*नहीं कर सकता|मैं*नहीं कर सकती|मैं*नहीं दे सकता|मैं*नहीं दे सकती|मैं*नहीं बता सकता|मैं*नहीं बता सकती|मैं*सकता नहीं|मदद नहीं कर|"
        "असमर्थ हूँ|असमर्थ हूं|असमर्थ हैं|सक्षम नहीं|मेरे पास*नहीं है|मेरे लिए*संभव नहीं|मना करना|मना करता|अनुमति नहीं|नहीं कर पाऊँगा|"
        "नहीं कर पाऊंगा|नहीं कर पाऊँगी|नहीं कर पाऊंगी|सहायता नहीं कर|क्षमता से बाहर|क्षमता के बाहर",
        asks="कृपया*बता|कृपया*निर्दिष्ट|कृपया*प्रदान|कृपया*दें|कृपया*स्पष्ट|बता सकते हैं|बता सकती हैं|बता दें|मुझे*चाहिए|मुझे*जानना|"
        "मुझे*जरूरत|मुझे*ज़रूरत|की आवश्यकता है|बताइए|बताएं|बताएँ",
        starts="कौन|कहाँ|कहां|कब|किस|कितने|कितना|कितनी|क्या|किसे|किन",
        offers="और कुछ|कैसे मदद|क्या मैं*मदद|कोई और|कैसे सहायता",
        complies="यहाँ|यहां|यह रहा|ये रहे|चरण|ज़रूर|सबसे पहले|इस प्रकार",
        claims="कर दिया है|कर दी है|भेज दिया|भेज दी|बुक कर दिया|हो गया है|हो गई है|कर दिया गया",
        unless="जाने बिना|बिना जाने|के बिना|जब तक|पता नहीं|पता होना",
        is_joined=True,
    ),
)
"""Every language besides English."""

SCRIPTS = (
    ("ja", "\u3040-\u30ff"), ("ko", "\uac00-\ud7af\u1100-\u11ff"), ("zh", "\u3400-\u9fff"),
    ("ru", "\u0400-\u04ff"), ("ar", "\u0600-\u06ff"), ("hi", "\u0900-\u097f"),
)  # fmt: skip
"""Languages that their script tells, in the order in which scripts are looked for: Japanese uses Chinese signs too."""

ENGLISH_MARKS = (
    "the of to is are was you your and in for please i can could what which that it with my would like not help an "
    "this have be on know how many tool tools information do no"
)
"""Frequent English words."""

EVERYDAY_WORDS = """\
city: stadt ort ville ciudad città cidade stad miasto miasta mieście plaats город города городе городу 城市 都市 都市名 街 도시 مدينة المدينة بالمدينة शहर
country: land pays país paese kraj kraju страна страны страну стране 国家 国 나라 국가 دولة الدولة بلد देश
location: standort lieu ubicación lugar luogo posizione local localização localidade locatie miejsce miejscowość место 地点 位置 場所 장소 위치 مكان المكان الموقع स्थान जगह
address: adresse dirección indirizzo endereço adres adresu адрес 地址 住所 주소 عنوان العنوان पता
destination: ziel zielort reiseziel destino destinazione bestemming cel celu назначения 目的地 목적지 الوجهة गंतव्य
origin: startort abflugort abfahrtsort origen origem origine 出发地 出発地 출발지 الانطلاق
departure: abflug abfahrt abflugdatum départ salida partenza partida saída vertrek wylotu wyjazdu отправления вылета 出发 出発 출발 المغادرة प्रस्थान
return: rückflug rückkehr retour regreso vuelta ritorno volta terugreis powrotu возвращения 返程 復路 귀국 العودة वापसी
date: datum fecha data daty datę дата дату даты число 日期 日付 日にち 날짜 تاريخ التاريخ तारीख तिथि दिनांक
day: tag jour día giorno dia dag dzień dnia день 天 日 يوم दिन
time: uhrzeit zeit heure hora ora orario tijd tijdstip godzina godzinę godzinie время времени 时间 時間 時刻 시간 الوقت وقت समय
name: namen nom nombre nome naam imię nazwa nazwę имя имени название 名字 姓名 名称 名前 이름 اسم الاسم नाम
email: mail correo courriel почты 邮箱 邮件 電子郵件 メール メールアドレス 이메일 البريد ईमेल
recipient: empfänger empfängers destinataire destinatario destinatário ontvanger odbiorca odbiorcy получатель получателя получателю 收件人 收款人 宛先 受取人 수신자 받는 المستلم प्राप्तकर्ता
amount: betrag summe montant cantidad importe monto importo somma valor quantia bedrag kwota kwotę kwoty сумма сумму суммы 金额 金額 금액 المبلغ مبلغ राशि रकम
language: sprache langue idioma lingua língua taal język języka языка язык языке 语言 語言 言語 언어 لغة اللغة भाषा
text: texte texto testo tekst tekstu текст 文本 文字 テキスト 文章 텍스트 문장 نص النص पाठ टेक्स्ट
message: nachricht mensaje messaggio mensagem bericht wiadomość wiadomości сообщение сообщения 消息 信息内容 メッセージ 메시지 رسالة الرسالة संदेश
passengers: passagiere passagers voyageurs pasajeros viajeros passeggeri passageiros passagiers pasażerów пассажиров 乘客 旅客 乗客 승객 ركاب الركاب यात्री यात्रियों
people: personen personnes personas persone pessoas osób человек людей 人数 人員 人 인원 명 أشخاص शخصا लोग लोगों
guests: gäste invités huéspedes invitados ospiti convidados gasten gości гостей 客人 ゲスト 손님 ضيوف मेहमान
price: preis prix precio prezzo preço prijs cena cenę цена цену 价格 価格 가격 سعر السعر कीमत मूल्य
budget: presupuesto orçamento budżet бюджет 预算 予算 예산 ميزانية الميزانية बजट
currency: währung devise monnaie moneda divisa valuta moeda waluta walutę валюта валюту 货币 币种 通貨 통화 عملة العملة मुद्रा
size: größe taille talla tamaño taglia dimensione tamanho maat rozmiar размер 尺寸 大小 サイズ 크기 사이즈 حجم الحجم مقاس आकार
color: farbe couleur color colore cor kleur kolor цвет 颜色 色 색상 색 لون اللون रंग
quantity: menge anzahl quantité cantidades quantità quantidade hoeveelheid aantal ilość liczba liczbę количество 数量 수량 كمية الكمية عدد मात्रा संख्या
number: nummer numéro número numero numer номер 号码 番号 번호 رقم الرقم नंबर
phone: telefon téléphone teléfono telefono telefone telefoon telefonu телефон телефона 电话 電話 전화 هاتف الهاتف फोन फ़ोन
title: titel titre título titolo tytuł 标题 标题 タイトル 제목 शीर्षक
song: lied chanson canción canzone música liedje piosenka piosenkę песня песню 歌 歌曲 曲 노래 أغنية गाना
book: buch livre libro livro boek książka książkę книга книгу 书 本 책 كتاب किताब
file: datei fichier archivo arquivo ficheiro bestand plik pliku файл файла 文件 ファイル 파일 ملف الملف फ़ाइल फाइल
genre: gênero género genere gatunek жанр 类型 流派 ジャンル 장르 نوع शैली
class: klasse classe clase klasa klasę класс 舱位 クラス 좌석등급 클래스 درجة श्रेणी
duration: dauer durée duración durata duração duur długość продолжительность 时长 期間 기간 مدة المدة अवधि
user: benutzer utilisateur usuario utente usuário gebruiker użytkownik użytkownika пользователь пользователя 用户 ユーザー 사용자 المستخدم उपयोगकर्ता
where: wo wohin woher où dónde adónde dove onde aonde waar waarheen gdzie dokąd skąd где куда откуда 哪里 哪儿 どこ 어디 أين कहाँ कहां
when: wann quand cuándo quando wanneer kiedy когда 何时 什么时候 いつ 언제 متى कब
who: wer wen wem qui quién quiénes chi quem kto komu kogo кто кому кого 谁 誰 だれ どなた 누구 किसे
which: welche welcher welches welchen welchem quel quelle quels quelles cuál cuáles quale quali qual quais welke welk jaki jaka jakie jakiego jaką jakiej jakim który która которое какой какая какое какие какую каком какого 哪个 哪 どの 어느 어떤 أي किस कौन
many: viele combien cuántos cuántas quanti quante quantos quantas hoeveel ile ilu сколько скольких 多少 几 何人 何名 いくつ 몇 كم कितने
much: viel cuánto cuánta quanto quanta いくら 얼마 कितना कितनी
"""
"""English words and the forms that stand for them. They let a question in any language meet a parameter's name."""
