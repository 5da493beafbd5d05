"""The words that tell names from other words; nothing but lists."""

from __future__ import annotations

from botwijzer.handoff.text import words_of

FIRST_NAMES = words_of(
    """
    aad aafke aaltje abdel abdellah abdul abdul-aziz abel abraham achmed ada adil adnan adriaan adriana adrie
    adrienne adèle afra agata agnes agnieszka ahmed ahmet aicha aida aisha alain alberdina albert alda aleid aletta
    alex alexander alexandra alfons alfonso alfred ali alice alida alie alois aloïs alwin amalia amber amelie amina
    amira an ana anastasia andrea andreas andrzej andré ange angela angelique angélique anil anita anja anjali anke
    ann anna annabel anne anne-marie annegien anneke anneleen annelies anneloes annemarie annemie annemiek annemieke
    annet annette annick annie anny anouk ans antoine antoinette anton antonia antonio antoon anwar ard arend ariaan
    ariane arie arjan arjen arlette armand arne arno arnold arthur asha astrid atie attie augusta ayhan aylin ayse
    ayşe aziz aziza aïcha babette bahar barbara barend bart bartje baukje bea beata beatrijs beatrix belinda ben
    benedikt benny bep beppie berdien berend bernadette bernard berry bert bertha berthe bets betsy bettie betty
    bianca bieke bilal birgit bob bogdan bonnie bouchra boudewijn boukje bram brecht bregje brenda brigitte britt
    bruno burak carel carina carla carlo carmen carolien carolina caroline catharina catherine cathy cathérine cato
    cecile cecilia cees cees-jan celine cemal chandra chantal chantalle charlotte chris christa christel christian
    christiane christien christina christine christophe cindy claartje claire clara claudia claudine clazien clemens
    coby colette conny constant cor corine corinne corneel cornelia cornelis corrie corry cynthia cécile céline daan
    daisy daniel danielle daniël daniëlle danny danuta david debbie debby denise deniz dennis derk desiree devi dewi
    diana dick diederik dieneke dieter dilek dimitri dina dinant dinie dirk ditte dolf dominique door dorien dorota
    dorothea dorothé driekus dré durk désiré désirée ebel ebru ed eddy edgar edith edwin eef eefje eelco egbert egon
    elena elif eline elisa elisabeth eliza elizabeth elke ella elle ellen ellie elly els els-marie elsa elsbeth
    elsje elvira elzbieta emiel emil emiliana emilie emine emma emmie emmy emre engbert eric erica erik erika erna
    ernest ernst esmee esra esther etienne eugenie eugène eva evelien eveline evelyn evert ewa ewoud fadila fadma
    famke farah farid farida fatema fatih fatiha fatima fatma fatoumata femke fenna fennie fenny ferdinand ferhat
    fernand ferry fien fientje filip floor floris fokke fons fran francine francis franciscus franciska frank frans
    françois françoise fred freddy frederik fredrik freek frida frieda friso frits froukje gaby geert geertje
    geertrui geertruida geesje gemma george georges georgette gerard gerarda gerben gerda gerdien germaine gerrie
    gerrit gerry gert gertie gertjan gertrude gerty ghislaine gijs gijsbert gilbert gina gineke ginette gisela
    gisèle glenn godelieve godfried godfroid goedele gonda gonnie gonny grace grada grazyna greet greetje greta
    gretha griet grietje grzegorz gré guido guillaume gulsen gust gustaaf guus guy gülay hafida hakan halil halima
    halina hamid hamza hanane hanna hannah hanne hanneke hannelore hannes hannie hanny hans harm harmen harmke
    harold harrie harry hasan hassan hatice hayat hedwig heidi heiko hein heintje heleen helen helena helene helga
    hella hendrik hendrika hendrikje henk hennie henny henri henriette henrike henriëtte herbert herma herman
    hermien hermine hetty hilda hilde hilly hiltje houda hubert hugo huguette huseyin hüseyin ibrahim ida ilham
    ilknur ilona ilse imane imke ina indra ine ineke inge ingeborg ingrid inie irena irene irma irène isabel
    isabelle ismael ismail ivan ivo ivonne jaap jacintha jaco jacob jacoba jacomina jacqueline jacques jadwiga jalal
    jamal jamila jan jana janet janine janneke jannie janny jans janske jantien jantina jantine jantje jasmin
    jasmine jasper jaswant jean jeanette jeanine jeanne jeannette jef jelle jelte jeltje jeltsje jenneke jennie
    jenny jentje jeroen jerzy jessica jetske jetta jetty jikke jo joachim joan joanna jobke jochem joep joeri johan
    johanna johannes john johnny joke jolanda jolande jolanta jolien jolijn jonas joop joos joost jorien joris jos
    josefien joseph josephine josine josé josée joukje jozef judith jules julia julie julien juliette jurgen
    jurriaan jutta juul kamla karel karen karim karima karin karolien karst katarzyna kathleen kathy katja katleen
    katrien katrijn kees kemal kevin khadija khalid khalida kim kitty klaartje klaas klara klarie koen koos koosje
    korneel krishna krista kristel kristien kristof krystyna krzysztof kubra kurt lambert lammert lara latifa laura
    laurens lea leen leendert leentje leila lenie leny leo leon leonard leonarda leonie leontien leontine leopold
    letty leyla lia liane lianne lidia lidwien lieke lien lies liesbeth lieselot lieselotte lieve lieven lijntje
    lijsbeth lilian liliane lina linda lisa lisbeth lisette liv lize loek loekie loes lotte loubna louis louisa
    louise lowie luc lucas lucette lucia lucie lucien lucienne lucy ludo ludovic luit luitje luk lukas lukasz lut
    lutgard lutgarde lutske luus lydia lydie lynn léon maaike maarten maartje machteld maciej maddy madeleine magali
    magda magdalena mahesh malgorzata malik malika manon manuela marc marcel marcella marcelle marek marga margaret
    margarita margit margo margot margreet margriet maria maria-louise mariam marian mariana marianne mariannne
    marie marie-jeanne marie-louise marie-thérèse marieke marielle mariet marietje marietta marij marija marijke
    marijn marika marina marion mariska marita maritza marius mariusz mariëlle mariëtte marja marjan marjo marjolein
    marjolijn marjon marleen marlene marlies marloes marlou marnix marta martha marthe martien martijn martin
    martina martine mary maryse marzena mathieu mathilde matthias matthijs maud maureen maurice maurits małgorzata
    mehdi mehmet meindert melanie merel meryem meta mia michael michel micheline michelle miek mieke miel mien
    mieneke mientje miep miloud mimi mimoun mina minie minke miranda miriam mirjam moeniel mohamad mohamed mohammad
    mohammed monica moniek monika monique murat muriel mustafa myriam nadia nadine naima najat nancy nanda nanne
    natalie nathalie nazan neel neeltje nejla nel nelie nelis nelleke nellie nelly nicky nico nicolaas nicole
    nicolette niek niels nienke nina noor nora norbert noël noëlla nur odette odiel olga olivier omar omer oscar
    osman otto pascal pascale patricia patrick patrik paul paula paulette pauline pauwel pawel peggy peter petra
    petronel petronella phil philip philippe pia pierre piet pieter pietje pim piotr pleun pol prakash rabia rachel
    rachid rachida radha radjesh raf rahma rajesh ralph ramazan ramon rani ravi raymond rebecca recep redouan regien
    regina reina reinier reinout reintje renata renate renilde rens renske rené renée resi ria riek rien rieneke
    riet rik rika riky rina rinske rinus rita rita-marie rob robbert robert robin roel roeland roelie roelien roelof
    roeltje roger rogier roland rolf romain ronald ronnie ronny rosa rosalia rosalie rosalina rosemarie rosette
    rosita roza ruben rudi rudolf rudy rutger ruth ruud ryszard régine saar sabine sabri sabrina said saida salah
    salima sally samir samira sander sandra sara sarah saskia satish saïd selma semra seppe serge serkan sevim
    shanti sharda sharon sheila sibylle siebe siegfried siemen sien sies sietse sietske sigrid siham sijtje silvia
    silvie simon simone simonne sjaak sjaan sjef sjoerd sjors sjoukje soerin sofia sofie sonia sonja sonny sophia
    sophie soraya soumaya stan stanislaw stef stefaan stefan stefanie steffie stephan steven stien stijn suleyman
    sunil susan susanne suzan suzanna suzanne sven sybren sylvain sylvia sylvie sytske süleyman tadeusz tamara tania
    tanja tarik tatjana ted teun teunie teunis thea theo theodora theresa therese thijs thomas thérèse tiene til
    tilly tine tineke tini tinie tiny tjeerd tjitske toine tom tomasz ton tonia tonny toon toos trees trien trijn
    trijntje trudy trui truida truus tsjerk turgut tuur ulrike urbain ursula urszula uschi valerie valérie veerle
    vera veronica veronique victor vidya vijay viktor vincent virginie vivian viviane vonne véronique walter wannes
    ward warner wendy werner wessel wiebe wiebren wieger wiel wies wiesje wietske wil wilfried wilhelmina wilhelmus
    willeke willem willemien willemijn willie willij willy wilm wilma wilmar wilna wim wojciech wout wouter wubbe
    wubbo wya wytske yasmin yasmina yda yilmaz ynske yolanda yolande younes youssef yusuf yves yvette yvonne zahra
    zbigniew zeger zeynep zineb zofia zohra zoë zwaantje ömer özlem ümit
    """
)
TITLES = words_of(
    """
    mevr mevrouw mw mej mejuffrouw juffrouw dhr heer meneer mijnheer mr mrs ms fam familie drs ir dr prof ing madame
    monsieur
    """
)
WHOLE_TITLES = words_of("mevrouw mejuffrouw juffrouw heer meneer mijnheer familie madame monsieur")
"""Those that are no abbreviations: a dot ends the sentence."""

PARTICLES = words_of(
    """
    van de den der ter ten te 't het op el al bin ben la le du des di da dos von zu zum vd v.d. v/d vande vanden
    vander in aan d' s'
    """
)
NEVER_FIRST = frozenset({"in", "aan", "op", "te", "het", "ben", "des", "al", "le", "zu"})
"""Particles that no name begins with."""

FUNCTION_WORDS = words_of(
    """
    a aan aangezien achter af al alle alleen allemaal alles als altijd ander andere anders bedankt bel belt beter
    bij binnen blij blijf boven bv daar daarom dan dank danku dat de deze die dit doch doe doet door doorgeef dus
    een één eens eigenlijk elk elke en enige er erg ergens ervan even gaat gaan ga gaarne geef geeft geen gewoon
    gisteren goed goede graag groet groeten groetjes had hadden haar hallo hartelijk heb hebben hebt heeft heel heen
    hele hem hen het hey hi hier hij hoe hoeft hoeveel hoi hoor houd hou hun iemand iets ik ikzelf in is ja jawel
    jij je jouw jullie kan kon kunnen kunt kun laat later leg lieve liever liefst maak maar mag magje me mee meer
    mensen met mij mijn mijne mis misschien mochten moet moeten mogen morgen mvg na naar namelijk nee neen net
    niemand niet niets niks nog noem noemt nooit nou nu of ofwel ok oké okay om omdat onder ons onze ook oh ooit op
    over per pas precies reeds roept s.v.p svp schrijf sinds slik slikken sommige soms sorry spreek spreekt stuur t
    ten tegen terug toch tot toen tussen tja u uit uw uur vaak van vandaag vanaf vanavond vanmiddag vanmorgen veel
    verder via volgens voor vooral vraag waar waarom waarmee waarop wanneer want waren was wat we weet wel welk
    welke wens werd wie wij wil willen wilt woon woont word worden wordt wou wilde wilden zal ze zeer zeg zegt zei
    zelf zich zie zij zijn zit zo zoals zou zouden zoek zonder zullen aub a.u.b a.u.b. s.v.p. i.p.v. alsjeblieft
    alstublieft welkom dag tijdens uiteraard natuurlijk ongeveer namens gebruik gebruikt neem neemt kreeg krijg
    krijgt leest lees moest help helpt hulp werkt zitten staan staat ligt lig vind vindt vond denk dacht hoop wacht
    komt kom kwam bestel bestelde betaal betaalde stop stopt start begin begint eet drink ben bent hopelijk eerst
    laatste vorige volgende eerste hierbij alvast beste geachte zojuist daarnet zonet nochtans allez amai gij ge
    noemen hé he ah ach och oei oeps
    """
)
"""Words of which sentences are made."""

NO_NAMES = words_of(
    """
    goedemorgen goedemiddag goedenavond goedendag goeiemorgen goeiedag goeienavond goedenacht morgen middag avond
    dank bedankt merci thanks graag excuus excuses pardon foutje fout typfout tikfout vergissing correctie
    hartelijke vriendelijke groetjes maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari
    maart april mei juni juli augustus september oktober november december kerst pasen pinksteren lente zomer herfst
    winter weekend telefoon telefoonnummer telefonisch nummer mobiel mobieltje gsm tel mob mail email e-mail
    mailadres emailadres e-mailadres adres gegevens contact naam voornaam achternaam vraag vragen antwoord
    antwoorden bericht reactie whatsapp sms app chat chatbot bot botwijzer robot computer telegram facebook website
    site internet webshop winkel magnesium calcium kalk vitamine vitamines vitaminen mineraal mineralen mineralenmix
    zink kalium ijzer fosfor boor silicium collageen eiwit eiwitten poeder poeders capsule capsules tablet tabletten
    pil pillen pot potje potten zakje zakjes supplement supplementen voeding voedingssupplement product producten
    dosering dosis inname bijwerking bijwerkingen medicijn medicijnen medicatie bloedverdunner bloedverdunners
    cholesterol bloeddruk schildklier nier nieren hart lever maag darm darmen botten botdichtheid botontkalking
    osteoporose osteopenie artrose reuma overgang menopauze hormonen breuk botbreuk heup knie rug pols wervel pijn
    kramp krampen zuivel melk kaas yoghurt kwark vlees vis groente groenten fruit noten koffie thee alcohol gluten
    lactose soja vegan vegetarisch zwemmen wandelen fietsen sporten sport bewegen beweging krachttraining yoga zon
    zonlicht bestelling bestellen pakket pakje levering leveren verzending verzenden bezorging betaling betalen
    prijs prijzen kosten korting retour retourneren ruilen factuur garantie klacht klachten privacy herinnering
    advies informatie info uitleg hulp service klantenservice medewerker mens persoon iemand niemand collega
    personeel stop annuleren annuleer vergeet verwijder boos bang blij moe ziek oud jong zwanger gezond ongerust
    bezorgd benieuwd tevreden ontevreden teleurgesteld verdrietig eenzaam verward kwijt klaar zeker onzeker alleen
    thuis bereikbaar akkoord gestopt begonnen gevallen geopereerd vergeten geboren geweest allergisch intolerant
    diabeet diabeticus diabetespatiënt patiënt vegetariër veganist klant vaste trouwe nieuwe nieuw vrouw man dame
    heer meisje jongen moeder vader oma opa mama papa zoon dochter broer zus partner echtgenoot echtgenote buurvrouw
    buurman weduwe weduwnaar vriend vriendin zuster gepensioneerd gepensioneerde verpleegkundige verpleegster arts
    dokter huisarts specialist apotheker diëtist fysiotherapeut mantelzorger docent leraar lerares jaar maand week
    maanden weken dagen dag uur nederland nederlander nederlandse nederlands belgië belg belgische vlaams vlaming
    vlaanderen duitsland duitser fransman turk marokkaan pool surinamer engels frans duits rookster roker kanker
    diabetes astma copd anoniem geheim privé onbekend onbelangrijk belangrijk nodig overbodig verplicht niks niets
    prima top super fijn mooi leuk helaas jammer klopt juist correct inderdaad tuurlijk natuurlijk precies absoluut
    gerust snel spoed dringend urgent overdag vandaag straks ochtend namiddag voormiddag vanavond opnieuw
    terugbellen bellen gebeld mailen gemaild verkeerd zelfde hetzelfde zomaar test testje hallo straat laan ons team
    redactie groetenis onderwerp betreft betreffende voorlopig typte tikte getypt getikt typ tik sinterklaas
    kerstman jeetje haag helder surinaams marokkaans turks pools digibeet slechtziend slecht slechthorend doof blind
    invalide lid bejaard lactose-intolerant hypertensie migraine depressief overleden
    oude tante oom neef nicht weinig genoeg teveel leren lezen eten dansen plas urine skelet botmassa samenvatting
    botverlies
    """
)
"""Words that stand where a name could: alone, with a capital, or after 'ik ben' and 'met'."""

NO_NAME_ENDS = (
    "heid",
    "teit",
    "isme",
    "aties",
    "ische",
    "straat",
    "laan",
    "steenweg",
    "dreef",
    "lijk",
    "aanse",
    "aamse",
    "ziend",
    "loos",
    "talig",
)
NOUN_ENDS = ("ing", "schap", "tie", "ment", "kosten", "tijd", "middel")
"""Ends of what is rather a subject, when it is all there is."""

ALSO_WORDS = frozenset({"wil", "ben", "roos", "ton", "lieve", "jo", "mees"})
"""Words that are names too, when they have a capital or are announced."""

SURNAMES = words_of(
    """
    meer boer hart maat pol winter zomer pool straat laan mei man veer brink heer haar jong oud groot klein goede
    wit
    """
)
"""Words that are names after 'van der' and its like."""

FILLERS = words_of(
    """
    gewoon zeg maar doe schrijf noteer noem me mij ja nou oh o ok oké dan voor naam hoor dus natuurlijk graag hier en
    mijn m'n
    """
)
"""What stands around a name that was asked for."""
