"""What visitors type when they leave a request, each in their own way."""

from __future__ import annotations

from typing import Any

import hypothesis
import phonenumbers
import pytest
from email_validator import validate_email
from hypothesis import strategies as st

from botwijzer.handoff.details import (
    Details,
    cancels,
    correct_email,
    correct_phone,
    read_details,
    refers_back,
    refuses_contact,
    refuses_name,
    replaces_question,
    typed_email,
)
from tests.unit_helpers import unhurried

EMAILS = [
    ("jan@example.com", "jan@example.com"),
    ("Jan.de.Vries@Example.NL", "Jan.de.Vries@example.nl"),
    ("mijn mail is greet_62@example.be dus", "greet_62@example.be"),
    ("mail:an@example.com.", "an@example.com"),
    ("mailto:an@example.com", "an@example.com"),
    ("<an@example.com>", "an@example.com"),
    ("(an@example.com)", "an@example.com"),
    ("'an@example.com'", "an@example.com"),
    ("an@example.com,", "an@example.com"),
    ("an@example.com!!", "an@example.com"),
    ("E-mail = AN@EXAMPLE.COM", "AN@example.com"),
    ("het is an@example.com, met dubbel n is niet nodig", "an@example.com"),
    ("an+winkel@example.org", "an+winkel@example.org"),
    ("o'neil@example.com", "o'neil@example.com"),
    ("a.van-den.berg@sub.example.co.uk", "a.van-den.berg@sub.example.co.uk"),
    ("an@example.com,0612345670", "an@example.com"),
    ("an@example.com/0612345670", "an@example.com"),
    ("an@example.nl.Mijn naam is An", "an@example.nl"),
    ("an＠example.nl", "an@example.nl"),
    ("info@botten.example", "info@botten.example"),
    ("wim@hotmail.nl", "wim@hotmail.nl"),
    ("wim@live.be", "wim@live.be"),
    ("wim@outlook.com", "wim@outlook.com"),
    ("wim@planet.nl", "wim@planet.nl"),
    ("wim@mail.com", "wim@mail.com"),
    ("wim@home.nl graag", "wim@home.nl"),
    ("an@example.com sorry foutje ann@example.com", "ann@example.com"),
    ("niet an@example.com maar ann@example.com", "ann@example.com"),
    ("an@example.com of anders mijn dochter: els@example.com", "an@example.com"),
    ("an@@example.com oeps an@example.com", "an@example.com"),
]

LIKELY_EMAILS = [
    ("jan@gmial.com", "jan@gmail.com"),
    ("jan@gamil.com", "jan@gmail.com"),
    ("jan@gmail.con", "jan@gmail.com"),
    ("jan@gmail.cm", "jan@gmail.com"),
    ("jan@gmail.nl", "jan@gmail.com"),
    ("jan@gmaill.com", "jan@gmail.com"),
    ("jan@gmail", "jan@gmail.com"),
    ("jan@gmailcom", "jan@gmail.com"),
    ("jan@gmail,com", "jan@gmail.com"),
    ("jan@gmail com", "jan@gmail.com"),
    ("jan@hotmial.com", "jan@hotmail.com"),
    ("jan@hotmal.nl", "jan@hotmail.nl"),
    ("jan@hotnail.com", "jan@hotmail.com"),
    ("jan@hotmail.con", "jan@hotmail.com"),
    ("jan@outlok.com", "jan@outlook.com"),
    ("jan@ziggoo.nl", "jan@ziggo.nl"),
    ("jan@zigo.nl", "jan@ziggo.nl"),
    ("jan@ziggonl", "jan@ziggo.nl"),
    ("jan@telnet.be", "jan@telenet.be"),
    ("jan@telenet.bee", "jan@telenet.be"),
    ("jan@skynte.be", "jan@skynet.be"),
    ("jan@proximuss.be", "jan@proximus.be"),
    ("jan@icould.com", "jan@icloud.com"),
    ("jan@example.con", "jan@example.com"),
    ("joost punt wouters apenstaartje example punt com", "joost.wouters@example.com"),
    ("mijn mail is Joost punt Wouters apenstaartje example punt be", "joost.wouters@example.be"),
    ("jan at gmail dot com", "jan@gmail.com"),
    ("mijn mail is jan at gmail", "jan@gmail.com"),
    ("jan(at)ziggo.nl", "jan@ziggo.nl"),
    ("jan (at) ziggo (punt) nl", "jan@ziggo.nl"),
    ("jan[at]ziggo[dot]nl", "jan@ziggo.nl"),
    ("jan @ gmail . com", "jan@gmail.com"),
    ("jan @gmail.com", "jan@gmail.com"),
    ("jan@ gmail.com", "jan@gmail.com"),
    ("mail jan @ ziggo.nl aub", "jan@ziggo.nl"),
    ("jan 62 apestaartje gmail punt com", "jan62@gmail.com"),
    ("ria streepje bakker apenstaart skynet punt be", "ria-bakker@skynet.be"),
    ("ria underscore bakker at hotmail punt nl", "ria_bakker@hotmail.nl"),
    ("ria laag streepje bakker at hotmail punt nl", "ria_bakker@hotmail.nl"),
    ("renée@gmail.com", "renee@gmail.com"),
    ("www.jan@gmail.com", "jan@gmail.com"),
    ("janhotmail.com", "jan@hotmail.com"),
    ("mijn mail is jan.hotmail.com", "jan@hotmail.com"),
    ("jan#gmail.com", "jan@gmail.com"),
    ("henk punt de punt boer apenstaart ziggo punt nl", "henk.de.boer@ziggo.nl"),
    ("jan@ziggo. nl", "jan@ziggo.nl"),
]

BAD_EMAILS = [
    ("noor@@example.com", "noor@@example.com"),
    ("mijn mail is noor@@example.com dus", "noor@@example.com"),
    ("@gmail.com", "@gmail.com"),
    ("mijn mail is @gmail.com", "@gmail.com"),
    ("jan@", "jan@"),
    ("jan@.", "jan@"),
    ("jan@example", "jan@example"),
    ("jan..vries@example.com", "jan..vries@example.com"),
    ("jan@-example.com", "jan@-example.com"),
    ("jan@vries@example.com", "jan@vries@example.com"),
    ("jan@example.c", "jan@example.c"),
]

TYPED_EMAILS = [
    ("ans@gmial.com", "ans@gmial.com"),
    ("nee echt, het is Ans.Bos@Gmial.COM!", "Ans.Bos@Gmial.COM"),
    ("(ans@gmail.con)", "ans@gmail.con"),
    ("www.ans@gmail.com", "www.ans@gmail.com"),
    ("ans@gmail.nl", "ans@gmail.nl"),
    ("ans@example.com", "ans@example.com"),
    ("ans@example.nl.Mijn naam is Ans", "ans@example.nl"),
    ("niet ans@gmial.com maar anna@gmial.com", "anna@gmial.com"),
    ("ans@@gmial.com oeps ans@gmial.com", "ans@gmial.com"),
    ("ans@gmail", ""),
    ("ans @gmial.com", ""),
    ("ans at gmail punt com", ""),
    ("ans gmial.com", ""),
    ("ans..bos@gmial.com", ""),
    ("ans@@gmial.com", ""),
    ("ansgmail.com", ""),
    ("renée@gmail.com", ""),
    ("06-12345670", ""),
    ("", ""),
]

NO_EMAILS = [
    "ik at gisteren yoghurt. En toen kreeg ik kramp",
    "ik at kaas",
    "waar zit het apenstaartje op mijn toetsenbord",
    "ik heb geen mail",
    "5 @ 3",
    "@",
    "@@@@",
    "hoe werkt jullie mail",
    "vitamine d punt",
    "ik zit bij gmail.com",
    "www.hotmail.com",
    "https://gmail.com/inbox",
]

PHONES = [
    ("06-12345670", "+31 6 12345670"),
    ("06 1234 5670", "+31 6 12345670"),
    ("0612345670", "+31 6 12345670"),
    ("06 12 34 56 70", "+31 6 12345670"),
    ("06.12.34.56.70", "+31 6 12345670"),
    ("06 - 12345670", "+31 6 12345670"),
    ("(06) 12345670", "+31 6 12345670"),
    ("+31 6 12345670", "+31 6 12345670"),
    ("+31612345670", "+31 6 12345670"),
    ("+31 (0)6 12345670", "+31 6 12345670"),
    ("0031612345670", "+31 6 12345670"),
    ("00 31 6 12345670", "+31 6 12345670"),
    ("31612345670", "+31 6 12345670"),
    ("mijn nummer is 612345670", "+31 6 12345670"),
    ("tel0612345670", "+31 6 12345670"),
    ("tel:0612345670.", "+31 6 12345670"),
    ("bel me op 06-12345670 aub na 5 uur", "+31 6 12345670"),
    ("ik ben 58 06-12345670", "+31 6 12345670"),
    ("06-12345670 58 jaar", "+31 6 12345670"),
    ("٠٦١٢٣٤٥٦٧٠", "+31 6 12345670"),
    ("(020) 123 45 67", "+31 20 123 4567"),
    ("020-1234567", "+31 20 123 4567"),
    ("0299-123456", "+31 299 123 456"),
    ("0470 12 34 56", "+32 470 12 34 56"),
    ("0470/12.34.56", "+32 470 12 34 56"),
    ("0470/12 34 56 dat is mijne gsm", "+32 470 12 34 56"),
    ("+32 470 12 34 56", "+32 470 12 34 56"),
    ("0032470123456", "+32 470 12 34 56"),
    ("32470123456", "+32 470 12 34 56"),
    ("0475 12 34 56", "0475 12 34 56"),
    ("0475/12.34.56", "0475/12.34.56"),
    ("02 123 45 67", "+32 2 123 45 67"),
    ("03/123.45.67", "+32 3 123 45 67"),
    ("09 225 12 34", "+32 9 225 12 34"),
    ("050 12 34 56", "+32 50 12 34 56"),
    ("+49 30 1234567", "+49 30 1234567"),
    ("06-1234567 oeps 06-12345670", "+31 6 12345670"),
    ("06-12345670, nee sorry 06-12345671", "+31 6 12345671"),
    ("06-12345670 of vast 020-1234567", "+31 6 12345670"),
    ("Mijn oude nummer was 06-12345670, het nieuwe is 06-12345671", "+31 6 12345671"),
]

BAD_PHONES = [
    ("06-1234567", "06-1234567"),
    ("061234567", "061234567"),
    ("06-123456789", "06-123456789"),
    ("bel 06 1234 567", "06 1234 567"),
    ("+31 6 1234567", "+31 6 1234567"),
    ("0470 12 34 5", "0470 12 34 5"),
    ("020-123456", "020-123456"),
    ("mijn nummer is 12345678", "12345678"),
    ("mobiel: 1234567", "1234567"),
    ("0000000000", "0000000000"),
]

NO_PHONES = [
    "1000 mg", "58", "in 2019", "30 x 2", "12-03-1954", "03-12-1954", "geboren 03/12/1954", "1234 AB", "BW-4F7K",
    "bestelnummer 12345678", "ordernummer: 0612345670", "mijn bestelling is nummer 0012345678",
    "NL91 ABNA 0417 1643 00",
    "klantnummer 100200300", "€ 49,95", "2 x 1000 mg en 800 ie", "van 09.00-17.00 uur", "ik bel jullie op 0900-1234",
    "0800 1234567", "112", "1.000.000", "0,5 gram", "8712345678901", "10-20-30", "65+",
]  # fmt: skip

NAMES = [
    ("Ik ben Jan", "Jan"),
    ("ik ben ria", "Ria"),
    ("ik ben Sjoukje", "Sjoukje"),
    ("hoi ik ben ans uit Gent", "Ans"),
    ("ik ben den Luc", "Luc"),
    ("IK BEN JAN DE VRIES", "JAN DE VRIES"),
    ("mijn naam is jan de vries", "Jan de Vries"),
    ("mijn naam is Godelieve Maes", "Godelieve Maes"),
    ("Mijn naam is de Vries", "de Vries"),
    ("mijn naam is van dijk", "Van Dijk"),
    ("mijn naam is wil", "Wil"),
    ("m'n naam is Ben", "Ben"),
    ("naam: Piet Hein", "Piet Hein"),
    ("Naam = Piet", "Piet"),
    ("ik heet Fatima El Khattabi", "Fatima El Khattabi"),
    ("ik heet mehmet yılmaz", "Mehmet Yılmaz"),
    ("mijn naam is niet Jan maar Johan", "Johan"),
    ("voornaam: Jan, achternaam: de Vries", "Jan de Vries"),
    ("mijn naam is Jan ik heb een vraag over calcium", "Jan"),
    ("mijn naam is Jan en ik wil weten of jullie leveren", "Jan"),
    ("'t is voor Godelieve", "Godelieve"),
    ("'t is Godelieve", "Godelieve"),
    ("het is voor mevrouw Bakker", "mevrouw Bakker"),
    ("u spreekt met meneer De Smet", "meneer De Smet"),
    ("u spreekt met Anne-Marie D'Hondt", "Anne-Marie D'Hondt"),
    ("Met Els Peeters", "Els Peeters"),
    ("met Ria hier", "Ria"),
    ("hallo, met jan de wit", "Jan de Wit"),
    ("Jan hier", "Jan"),
    ("Ria Bakker is mijn naam", "Ria Bakker"),
    ("noem me maar Toos", "Toos"),
    ("zeg maar Ans", "Ans"),
    ("Wanneer komt mijn pakje?\nMet vriendelijke groet,\nAnnelies van 't Hof", "Annelies van 't Hof"),
    ("waar blijft mijn bestelling? groetjes ria", "Ria"),
    ("Waar blijft het. Groeten, Herman Verhulst", "Herman Verhulst"),
    ("mvg Jan", "Jan"),
    ("Alvast bedankt, Ria", "Ria"),
    ("Jan de Vries", "Jan de Vries"),
    ("jan de vries", "Jan de Vries"),
    ("ria", "Ria"),
    ("Wil Kok wil@example.nl", "Wil Kok"),
    ("J. de Wit, bel 06-12345670", "J. de Wit"),
    ("J.P. van der Meer 06-12345670", "J.P. van der Meer"),
    ("H. van den Broeck, 0470 12 34 56", "H. van den Broeck"),
    ("Sjoukje 06-12345670", "Sjoukje"),
    ("ans vd berg 06-12345670", "Ans vd Berg"),
    ("Ans v.d. Berg 06-12345670", "Ans v.d. Berg"),
    ("mevr. Jansen-Bakker", "mevr. Jansen-Bakker"),
    ("Mw. A. Bakker, an@example.nl", "Mw. A. Bakker"),
    ("Ria van der Molen - de Wit, an@example.nl", "Ria van der Molen - de Wit"),
    ("De Smet Luc, 0470 12 34 56", "De Smet Luc"),
    ("Van Damme 0470 12 34 56", "Van Damme"),
    ("06-12345670 Ria", "Ria"),
    ("06-12345670\nRia Bakker", "Ria Bakker"),
    ("an@example.com en mijn naam is An", "An"),
    ("Ria Bakker ik wil graag weten of jullie in België leveren", "Ria Bakker"),
    ("Agnieszka Wiśniewska, an@example.com", "Agnieszka Wiśniewska"),
    ("Radjesh Ramdin 06-12345670", "Radjesh Ramdin"),
    ("Mohammed Ben Ali, mo@example.com", "Mohammed Ben Ali"),
    ("Ten Hoove, 06-12345670", "Ten Hoove"),
    ("Op 't Veld, 06-12345670", ""),
    ("familie Janssens, 0470 12 34 56", "familie Janssens"),
    ("Ik ben An Smits, 06-12345678, en ik wil weten of jullie in Gent een winkel hebben", "An Smits"),
]  # fmt: skip

EXPECTED_NAMES = [
    ("jan de vries", "Jan de Vries"),
    ("gewoon ria", "Ria"),
    ("zeg maar ans", "Ans"),
    ("mevrouw bakker", "mevrouw Bakker"),
    ("sjoukje", "Sjoukje"),
    ("de smet", "De Smet"),
    ("h. jansen", "H. Jansen"),
    ("j.p. van der meer", "J.P. van der Meer"),
    ("bakker", "Bakker"),
    ("ik ben sjoukje", "Sjoukje"),
    ("Türkan", "Türkan"),
    ("anne-marie d'hondt", "Anne-Marie D'Hondt"),
    ("el amrani", "El Amrani"),
    ("ijsbrand", "IJsbrand"),
    ("familie janssens", "familie Janssens"),
    ("Gewoon Ria", "Ria"),
    ("ria hoor", "Ria"),
    ("doe maar truus", "Truus"),
    ("tjeerd 06-12345670", "Tjeerd"),
    ("dat is ria", "Ria"),
]

NO_NAMES = [
    "sorry foutje", "Ja graag", "Ik ben 58", "ik ben boos", "Ik ben Boos", "ik ben net door de overgang",
    "ik ben diabeet", "Ik ben Diabeet", "ik ben klant", "Ik ben klant bij jullie", "Magnesium", "Calcium",
    "Calcium Magnesium",
    "Goedemorgen", "Goede Morgen", "Bedankt", "Maandag", "Dank je wel", "Dank U", "Kan ik bellen", "kan ik bellen",
    "Wat kost het", "ik vertel liever niet hoe ik heet", "mijn naam doet er niet toe", "mijn naam is niet belangrijk",
    "ik ben moe van de pillen", "ik ben van mening dat het te duur is", "ik ben op zoek naar een goed middel",
    "IK BEN BOOS", "Vitamine D", "het is voor mijn man", "met calcium", "Met vriendelijke groet", "groetjes",
    "groeten uit Gent", "Hoe lang duurt het", "nee", "Nee dank u", "ok", "hoi", "Hallo Botwijzer", "ik heet u welkom",
    "", "   ", "06-12345670", "an@example.com", "Bel me maar: 06-12345670", "Telefoon 06-12345670", "Graag 06-12345670",
    "De verdeling van mineralen in mijn weekmenu, ik ben 71.", "Mag ik Magnesium Met Calcium", "Graag Mailen",
    "ik ben bereikbaar op 06-12345670", "Ik ben Nederlander", "ik ben de vrouw van een klant",
    "Zeezwemmer hier, in weer en wind", "Ziekte van Paget, heeft die met osteoporose te maken?",
    "Black Friday, doen jullie mee?",
    "Met Davitamon, mag dat?", "de naam ben ik kwijt", "wat gebeurt er met mijn naam", "Ik ben Franstalig",
    "Overwinteren in Spanje, is dat beter?", "ik ben de D-druppels vergeten", "Zwangerschap an@example.com",
    "De visboer zegt: eet vis, mevrouw. Omega 3 dus.", "Wil 3 potten nemen.", "Osteoporose",
    "wanneer komt mijn pakje", "melk van de koe", "pijn in de botten", "dit is een vraag", "hier is het nummer",
    "het is dringend", "dit is Belachelijk duur hoor maar goed", "mijn naam geef ik niet", "die houd ik voor mezelf",
    "anoniem",
]  # fmt: skip

RESTS = [
    ("mijn nummer is 06-12345670", ""),
    ("tel. 06-12345670", ""),
    ("mail: an@example.com", ""),
    ("sorry foutje, an@example.com dus", ""),
    ("excuus: an@example.com", ""),
    ("oeps, het moet an@example.com zijn", ""),
    ("doe toch maar an@example.nl", ""),
    ("u kunt mij bereiken op 06-12345670 of via an@example.com", ""),
    ("Kan iemand mij bellen op 06-12345670?", ""),
    ("bel mij gerust op 06-12345670, alvast bedankt", ""),
    ("an@example.com is mijn mailadres", ""),
    ("Jan de Vries, 06-12345670", ""),
    ("hallo, ik ben Jan en mijn nummer is 06-12345670. Groetjes", ""),
    ("godelieve.maes@example.be is het", ""),
    ("06-12345670 😀", ""),
    ("Dag, ge kunt mij bereiken op den 0475/12.34.56, tis voor Josée", ""),
    ("niet meer 06-12345670 maar 06-12345671", ""),
    ("ik heb geen mail wel telefoon 06 12345670", ""),
    ("naam Toos van Dijk tel 0612345670", ""),
    ("mailen mag naar an@example.nl maar bellen liever niet", ""),
    ("Ik word graag gebeld op 0612345670", ""),
    ("Ik wil weten of Calcium Plus vegan is. an@example.be", "Ik wil weten of Calcium Plus vegan is."),
    ("06-12345670 is mijn nummer wanneer komt mijn pakje", "wanneer komt mijn pakje"),
    ("naam: Jan\ntel: 06-12345670\nmail: jan@example.com", ""),
    ("naam: Jan\ntel: 06-12345670\nvraag: wanneer komt mijn pakje?", "wanneer komt mijn pakje?"),
    ("Vraag: zit er gluten in? Mail: an@example.com", "zit er gluten in?"),
    ("zit er gluten in? an@example.com", "zit er gluten in?"),
    ("an@example.com en ik wil weten of er gluten in zit", "ik wil weten of er gluten in zit"),
    ("Kunt u mij terugbellen op 06-12345670 over mijn bestelling van vorige week?",
    "over mijn bestelling van vorige week?"),
    ("Hallo, mijn naam is Jan, 06-12345670, ik wil weten of jullie in België leveren. Alvast bedankt, groetjes",
     "ik wil weten of jullie in België leveren."),
    ("Ik ben An Smits, 06-12345678, en ik wil weten of jullie in Gent een winkel hebben",
     "ik wil weten of jullie in Gent een winkel hebben"),
    ("en graag na vijf uur 's middags", "en graag na vijf uur 's middags"),
    ("wanneer   komt\n mijn pakje", "wanneer komt mijn pakje"),
    ("Wil je uitzoeken waar mijn pakje is en mij bellen op 06-12345670", "Wil je uitzoeken waar mijn pakje is"),
    ("mag ik die poeders nemen naast mijn bloedverdunners", "mag ik die poeders nemen naast mijn bloedverdunners"),
    ("sorry foutje", ""),
    ("ja graag", ""),
    ("", ""),
    ("...", ""),
    ("Waar blijft mijn bestelling? Groetjes Ria", "Waar blijft mijn bestelling?"),
    ("Waar blijft mijn bestelling?\nMet vriendelijke groet,\nRia Bakker\n06-12345670", "Waar blijft mijn bestelling?"),
    ("mijn bestelnummer is 12345678 en mijn mail an@example.com", "mijn bestelnummer is 12345678"),
]  # fmt: skip

PHONE_CORRECTIONS = [
    ("+31 6 12345670", "oei, dat nummer moet op 71 eindigen", "+31 6 12345671"),
    ("+31 6 12345670", "laatste cijfers zijn 71", "+31 6 12345671"),
    ("+31 6 12345670", "wacht, de laatste cijfers zijn 81", "+31 6 12345681"),
    ("+31 6 12345670", "de laatste twee cijfers moeten 81 zijn", "+31 6 12345681"),
    ("+31 6 12345670", "laatste cijfer is 8", "+31 6 12345678"),
    ("+31 6 12345670", "laatste cijfer is een acht", "+31 6 12345678"),
    ("+31 6 12345670", "eindigt op eenentachtig", "+31 6 12345681"),
    ("+31 6 12345670", "laatste cijfers 8 1", "+31 6 12345681"),
    ("+31 6 12345670", "niet 70 maar 71", "+31 6 12345671"),
    ("+31 6 12345670", "het eindigt niet op 70 maar op 71", "+31 6 12345671"),
    ("+31 6 12345670", "71 in plaats van 70", "+31 6 12345671"),
    ("+31 6 12345670", "71 ipv 70", "+31 6 12345671"),
    ("+31 6 12345670", "70 moet 71 zijn", "+31 6 12345671"),
    ("+31 6 12345670", "niet 34 maar 43", "+31 6 12435670"),
    ("+31 6 12345670", "71 op het einde", "+31 6 12345671"),
    ("+31 6 12345670", "begint met 0475", "0475345670"),
    ("0495 12 34 56", "het begint met 0475", "0475 12 34 56"),
    ("+32 470 12 34 56", "begint met 0471", "+32 471 12 34 56"),
    ("0475 12 34 56", "eindigt op 57", "0475 12 34 57"),
    ("06-1234567", "laatste cijfer vergeten 8", "+31 6 12345678"),
    ("06-1234567", "er moet nog een 8 achter", "+31 6 12345678"),
    ("06-2345678", "eindigt op 780", "+31 6 23456780"),
    ("06-1234567", "laatste cijfers zijn 71", "+31 6 12345671"),
    ("+31 6 12345670", "ja dat klopt", None),
    ("+31 6 12345670", "ik ben niet 70 maar 71", None),
    ("+31 6 12345670", "de laatste 10 jaar", None),
    ("+31 6 12345670", "niet 88 maar 71", None),
    ("+31 6 12345670", "06-12345671", None),
    ("+31 6 12345670", "mag ik ook 71 mg", None),
    ("+31 6 12345670", "eindigt de actie op 31 december", None),
    ("+31 6 12345670", "eindigt op 70", None),
    ("+31 6 12345670", "", None),
    ("", "eindigt op 70", None),
]

EMAIL_CORRECTIONS = [
    ("jan@example.nl", "niet .nl maar .com", "jan@example.com"),
    ("jan@example.nl", "nee, .com", "jan@example.com"),
    ("jan@example.nl", "punt com moet het zijn", "jan@example.com"),
    ("jan@example.nl", "het is .be ipv .nl", "jan@example.be"),
    ("jan@example.nl", "com in plaats van nl", "jan@example.com"),
    ("jan@example.com", "niet punt com maar punt be", "jan@example.be"),
    ("jan@example.com", "niet com maar be", "jan@example.be"),
    ("jan@gmail.com", "hotmail moet het zijn", "jan@hotmail.com"),
    ("jan@gmail.com", "niet gmail maar hotmail", "jan@hotmail.com"),
    ("jan@gmail.com", "sorry, hotmail", "jan@hotmail.com"),
    ("jan@gmail.com", "het is hotmail.nl", "jan@hotmail.nl"),
    ("jan@hotmail.nl", "gmail ipv hotmail", "jan@gmail.com"),
    ("jan@gmail.com", "nee bij telenet", "jan@telenet.be"),
    ("jan@example.com", "niet example.com maar example.nl", "jan@example.nl"),
    ("jansen@example.com", "het is met dubbel s", "janssen@example.com"),
    ("jansen@example.com", "janssen met twee s'en", "janssen@example.com"),
    ("janssen@example.com", "met één s", "jansen@example.com"),
    ("jansen@example.com", "niet jansen maar janssens", "janssens@example.com"),
    ("jan.sen@example.com", "zonder punt", "jansen@example.com"),
    ("erik@example.com", "met een c niet met een k", "eric@example.com"),
    ("erik@example.com", "niet met een k maar met een c", "eric@example.com"),
    ("jan@example.com", "met een streepje", None),
    ("erik@example.com", "niet ik maar mijn man gebruikt het", None),
    ("jansens@example.com", "met dubbel s", None),
    ("jan@example.com", "ja dat klopt", None),
    ("jan@example.com", "verzenden jullie ook naar nl of be", None),
    ("jan@gmail.com", "word je suf van magnesium, ik moet nl autorijden", None),
    ("jan@example.com", "is hotmail ook goed?", None),
    ("jan@example.com", "niet .com maar .com", None),
    ("jan@example.com", "piet@example.com", None),
    ("jan@example.com", "", None),
    ("", "niet .nl maar .com", None),
]

SAYS: list[tuple[Any, list[str], list[str]]] = [
    (
        refuses_name,
        [
            "ik vertel liever niet hoe ik heet", "mijn naam doet er niet toe", "naam hoeft niet", "anoniem",
            "geen naam",
            "die houd ik voor mezelf", "mijn naam geef ik niet", "mijn naam hou ik voor mezelf",
            "ik blijf liever anoniem",
            "mijn naam is niet belangrijk", "m'n naam zeg ik niet", "ik geef mijn naam liever niet",
            "zonder naam graag",
            "mijn naam is privé", "liever geen naam", "wie ik ben doet er niet toe", "naam is niet nodig",
            "waarom moet u mijn naam weten",
        ],
        [
            "mijn naam is Jan", "ik ben Ria", "Anna", "mijn naam is niet Jan maar Johan", "ik heet Ans", "nee",
            "mijn mail geef ik niet", "naam: Jan", "wat kost het", "",
        ],
    ),
    (
        refuses_contact,
        [
            "mijn mail geef ik niet", "geen telefoonnummer", "ik wil mijn gegevens niet geven",
            "dat zeg ik liever niet",
            "gaat je niks aan", "mijn mailadres geef ik niet", "dat gaat u niets aan", "ik geef mijn nummer niet",
            "mijn telefoonnummer krijgen jullie niet", "liever niet", "ik laat geen gegevens achter", "dat is privé",
            "geen mail en geen telefoon", "ik heb geen e-mail", "ik wil niet gebeld worden", "dat geef ik niet",
            "dat hou ik voor mezelf", "da zeg ik liever nie", "nee, ik geef dat liever niet", "ik wil anoniem blijven",
            "zijn jullie zaken niet", "doe ik niet", "mijn naam en nummer geef ik niet", "nee dat wil ik niet",
            "dat is persoonlijk", "dat vul ik niet in",
            "zonder mail of telefoon", "ik wil geen telefoontjes", "dat hoeven jullie niet te weten",
            "liever niet zeggen",
            "ik zeg niks", "mijn adres krijgt u niet",
        ],
        [
            "mijn mail is an@example.com", "ja", "bel me maar", "mijn naam geef ik niet", "wat kost het", "",
            "kunnen jullie niet bellen?", "ik weet mijn bestelnummer niet", "mijn pakje is niet aangekomen",
            "ik weet niet of ik dat mag slikken", "laat mij maar liggen ik wil niet meer",
        ],
    ),
    (
        cancels,
        [
            "laat maar", "Laat maar.", "stop maar", "stop", "annuleer", "annuleren", "hoeft niet meer",
            "het hoeft niet meer",
            "o, dan hoeft het niet meer", "vergeet het", "vergeet het maar", "toch niet", "ik bedenk me",
            "ik heb me bedacht", "doe maar niet", "laat zitten", "laat maar zitten", "niet nodig", "laat het zo",
            "tis al goed",
            "'t is al goed", "het is al goed", "nee laat maar hoor", "ach laat maar, ik bel zelf wel",
            "oh sorry, laat maar",
            "ik wil stoppen", "ik stop ermee", "nee toch maar niet", "annuleer de aanvraag", "stop met deze aanvraag",
            "hoeft niet meer hoor, bedankt", "nee bedankt, niet meer nodig", "het is al opgelost", "laat maar gaan",
            "ik heb het al gevonden", "never mind", "ik zoek het zelf wel uit", "geen zin meer in",
            "'t moet al nie meer",
            "bij nader inzien toch maar niet", "doe geen moeite", "Stop!", "cancel",
            "ik zie ervan af", "breek maar af", "ik trek mijn verzoek in", "dan maar niet", "ik bel zelf wel",
            "'k bedenk mij",
            "laat maar zitten, ik vraag het wel aan de thuiszorg", "ik ben van gedachten veranderd",
            "breek deze procedure af",
            "laat deze aanvraag vervallen, alstublieft", "ik laat het hierbij", "geen contact meer nodig",
        ],
        [
            "ik wil stoppen met roken", "mag ik stoppen met magnesium?", "ja", "nee",
            "ik wil mijn bestelling annuleren",
            "laat maar weten wanneer het kan", "vergeet niet mijn nummer te noteren", "hoe stop ik met de poeders",
            "stop ik met de pillen als ik dit neem", "annuleer mijn bestelling",
            "moet ik toch niet eerst naar de dokter?",
            "", "is het niet nodig om te stoppen?", "mijn naam hoeft niet", "dat is goed", "ok", "ja graag",
            "niet bellen maar mailen",
            "ik vind het jammer dat het pakje niet kwam en weet niet of ik moet wachten of het maar moet vergeten",
            "ik moet stoppen met calcium van de dokter", "goed", "dank u", "nee dank u", "zo is het goed",
            "ja dat is goed",
            "nee, liever niet", "liever niet", "'t is in orde zo", "goed zo", "toch niet, mijn nummer is 06-12345670",
            "toch niet, mijn vraag is of jullie leveren", "Forsteo prikken beu, ik stop", "dat hoeft niet",
            "wat kost het",
        ],
    ),
    (
        refers_back,
        [
            "zie hierboven, dat over die gluten", "wat ik net vroeg", "mijn vorige vraag", "dezelfde vraag",
            "die vraag van daarnet", "wat ik net al vroeg", "dat van net", "zie boven", "wat ik daarnet gevraagd heb",
            "die heb ik al gesteld", "dat heb ik net gevraagd", "de vorige vraag", "mijn laatste vraag", "idem",
            "staat hierboven", "wat ik daarjuist vroeg", "die van daarstraks", "zoals ik al zei", "lees maar terug",
            "gewoon wat ik eerder vroeg", "mijn eerste vraag", "dat van dat zwemmen", "hetzelfde als net",
            "vroeg ik net al",
        ],
        [
            "wanneer komt mijn pakje", "mijn vorige bestelling is niet aangekomen", "is zwemmen goed", "ja", "",
            "zit er gluten in", "ik heb net een breuk gehad", "wat ik wil weten is of er gluten in zit",
            "mijn vraag is of het mag",
            "ik vroeg me af of calcium helpt", "dat is niet wat ik vroeg",
            "vergeet wat ik zei", "Wat is dit, osteoporose of een stijve rug die ik heb?",
        ],
    ),
]  # fmt: skip

NEW_QUESTIONS = [
    ("nee, mijn vraag is of jullie ook leveren in België", "of jullie ook leveren in België"),
    ("mijn vraag is of jullie ook in België leveren", "of jullie ook in België leveren"),
    ("vraag moet zijn: zit er gluten in?", "zit er gluten in?"),
    ("De vraag moet zijn hoe lang het duurt", "hoe lang het duurt"),
    ("verander de vraag in: wat kost het?", "wat kost het?"),
    ("wijzig mijn vraag naar wat het kost", "wat het kost"),
    ("vraag: wanneer komt mijn pakje", "wanneer komt mijn pakje"),
    ("Nieuwe vraag: mag het bij melk?", "mag het bij melk?"),
    ("nee mijn vraag was eigenlijk of het bij melk mag", "of het bij melk mag"),
    ("maak er maar van: mag het bij melk", "mag het bij melk"),
    ("ik bedoel of het ook bij melk mag", "of het ook bij melk mag"),
    ("ik wil eigenlijk weten of het bij melk mag", "of het bij melk mag"),
    ("Jan, 06-12345670, mijn vraag is: wanneer komt mijn pakje?", "wanneer komt mijn pakje?"),
    ("mijn vraag is wanneer mijn pakje komt, mijn nummer is 06-12345670", "wanneer mijn pakje komt"),
    ("Mijn vraag is simpel: waar gaat het over?", "waar gaat het over?"),
    ("Mijn vraag is te persoonlijk voor een computer.", None),
    ("Bij mij zijn twee nierstenen vergruisd, en toch moet ik kalk slikken. Mijn vraag is of dat mag.", None),
    ("gewichtsverlies van een caravan, ik bedoel hoe maak ik hem lichter", None),
    ("mijn vraag is nog niet beantwoord", None),
    ("mijn vraag is verkeerd", None),
    ("mijn vraag is dezelfde", None),
    ("mijn vraag is die van daarnet", None),
    ("mijn vraag is:", None),
    ("ik heb een vraag over calcium", None),
    ("is dat een goede vraag", None),
    ("ja", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "email"), EMAILS)
def test_an_address_is_found(text: str, email: str) -> None:
    assert read_details(text).email == email


@pytest.mark.parametrize(("text", "email"), LIKELY_EMAILS)
def test_an_address_that_was_probably_meant_is_not_taken_as_given(text: str, email: str) -> None:
    details = read_details(text)

    assert (details.email, details.likely_email) == ("", email)


@pytest.mark.parametrize(("text", "typed"), TYPED_EMAILS)
def test_who_insists_gets_the_address_as_typed(text: str, typed: str) -> None:
    assert typed_email(text) == typed


@pytest.mark.parametrize(("text", "bad"), BAD_EMAILS)
def test_what_can_be_no_address_is_told_apart(text: str, bad: str) -> None:
    details = read_details(text)

    assert (details.email, details.likely_email, details.bad_email) == ("", "", bad)


@pytest.mark.parametrize("text", NO_EMAILS)
def test_what_looks_like_an_address_and_is_none(text: str) -> None:
    details = read_details(text)

    assert (details.email, details.likely_email, details.bad_email) == ("", "", "")


@pytest.mark.parametrize(("text", "phone"), PHONES)
def test_a_number_is_found(text: str, phone: str) -> None:
    details = read_details(text)

    assert (details.phone, details.bad_phone) == (phone, "")


@pytest.mark.parametrize(("text", "bad"), BAD_PHONES)
def test_a_number_that_is_none_is_told_apart(text: str, bad: str) -> None:
    details = read_details(text)

    assert (details.phone, details.bad_phone) == ("", bad)


@pytest.mark.parametrize("text", NO_PHONES)
def test_what_looks_like_a_number_and_is_none(text: str) -> None:
    details = read_details(text)

    assert (details.phone, details.bad_phone) == ("", "")


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_a_name_is_found(text: str, name: str) -> None:
    assert read_details(text).name == name


@pytest.mark.parametrize(("text", "name"), [*EXPECTED_NAMES, *NAMES])
def test_a_name_that_was_asked_for_is_found(text: str, name: str) -> None:
    assert read_details(text, expects_name=True).name == name


@pytest.mark.parametrize("expects_name", [False, True])
@pytest.mark.parametrize("text", NO_NAMES)
def test_what_stands_where_a_name_could_and_is_none(text: str, expects_name: bool) -> None:
    assert read_details(text, expects_name).name == ""


@pytest.mark.parametrize("text", ["Het is Solgar", "dit is Davitamon", "Solgar", "Sauna Warmtebron, hoe laat open?"])
def test_what_is_a_name_only_when_it_was_asked_for(text: str) -> None:
    assert read_details(text).name == ""


@pytest.mark.parametrize(("text", "rest"), RESTS)
def test_the_rest_is_what_the_visitor_wants_to_know(text: str, rest: str) -> None:
    assert read_details(text).rest == rest


def test_a_message_may_hold_everything() -> None:
    details = read_details(
        "Goedemorgen, u spreekt met mevr. Lies Van den Broeck uit Aalst. Mijn mail is lies.vdb@example.be en mijn gsm "
        "0470/12.34.56. Ik zou graag weten of de poeders glutenvrij zijn. Met vriendelijke groeten, Lies"
    )

    assert details == Details(
        email="lies.vdb@example.be",
        phone="+32 470 12 34 56",
        name="mevr. Lies Van den Broeck",
        rest=details.rest,
    )
    assert "of de poeders glutenvrij zijn" in details.rest
    assert "gsm" not in details.rest
    assert "mail" not in details.rest


@pytest.mark.parametrize(("phone", "text", "corrected"), PHONE_CORRECTIONS)
def test_a_part_of_a_number_is_corrected(phone: str, text: str, corrected: str | None) -> None:
    assert correct_phone(phone, text) == corrected


@pytest.mark.parametrize(("email", "text", "corrected"), EMAIL_CORRECTIONS)
def test_a_part_of_an_address_is_corrected(email: str, text: str, corrected: str | None) -> None:
    assert correct_email(email, text) == corrected


@pytest.mark.parametrize(("says", "text"), [(says, text) for says, texts, _ in SAYS for text in texts])
def test_what_is_said_is_understood(says: Any, text: str) -> None:
    assert says(text)
    assert says(f"  {text.upper()}!")


@pytest.mark.parametrize(("says", "text"), [(says, text) for says, _, texts in SAYS for text in texts])
def test_what_is_not_said_is_not_understood(says: Any, text: str) -> None:
    assert not says(text)


@pytest.mark.parametrize(("text", "question"), NEW_QUESTIONS)
def test_another_question_takes_the_place(text: str, question: str | None) -> None:
    assert replaces_question(text) == question


HOSTILE = [
    "", "\ud800", "\udcff@\udcff.nl",
    "a" * 100_000, "@" * 2_000, "a@" * 1_000, "0" * 2_000, "06 " * 700, "06-1234567 " * 180,
    "+" * 2_000, "+31 " * 500, " " * 2_000, "\n" * 2_000, "\x00\x1e\ufffc" * 600, "Jan " * 500, "jan van de " * 180,
    "mijn naam is " * 150, "ik ben " * 280, "groetjes " * 220, "mijn vraag is " * 140, "<script>alert(1)</script>" * 80,
    "😀" * 2_000, "٠٦١٢" * 500, "niet maar " * 200, "laat maar " * 200, "an@example.com " * 130,
    "jan punt " * 220 + "@ x punt nl",
    "punt " * 400 + "apenstaartje" + " punt" * 400,
    "van " * 500, "- " * 1_000, "J." * 1_000, "a-" * 1_000, "a'" * 1_000,
    ".,;:!?" * 330, "hier " * 400, "at " * 660, "(at)" * 500, "1-" * 1_000, "mijn mail is " * 150, "het is voor " * 160,
    "Jan is mijn naam " * 110, "Jan hier, " * 200, "e\u0301" * 1_000, "1 " * 1_000, "\ufffc06\ufffc",
    "tel " * 500, "x@x.nl,06-12345670," * 100,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_message_is_too_much(text: str) -> None:
    details = everything(text)

    assert "\ufffc" not in "".join(vars(details).values())


def everything(text: str) -> Details:
    """Asks all of a message."""
    for says in (cancels, refers_back, refuses_contact, refuses_name, replaces_question):
        says(text)
    correct_phone("+31 6 12345670", text)
    correct_phone(text, "eindigt op 71")
    correct_email("jan@example.com", text)
    correct_email(text, "niet .nl maar .com")
    typed_email(text)
    read_details(text, expects_name=True)
    return read_details(text)


PIECES = st.sampled_from(
    [
        "jan", "Jan", "de", "van", "Vries", "@", "example", ".", "com", "nl", " at ", " punt ", "06", "12345670", "-",
        "+31",
        "mijn naam is ", "ik ben ", "nummer", ",", "\n", " ", "\ufffc", "\x1e", "\ud800", "'t", "groetjes ", "niet",
        " maar ", "?",
    ]
)  # fmt: skip


@unhurried
@hypothesis.given(st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=30).map("".join)))
def test_nothing_raises_and_what_is_found_is_valid(text: str) -> None:
    details = everything(text)

    for address in filter(None, (details.email, details.likely_email)):
        validate_email(address, check_deliverability=False, test_environment=True)
    if typed := typed_email(text):
        validate_email(typed, check_deliverability=False, test_environment=True)
    if details.phone:
        assert any(
            phonenumbers.is_possible_number(phonenumbers.parse(details.phone, region)) for region in ("NL", "BE")
        )
    for value in vars(details).values():
        assert "\ufffc" not in value
        assert "\n" not in value
