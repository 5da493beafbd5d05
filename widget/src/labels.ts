/** What the widget itself says; everything about the subject comes from the server. */
export const LABELS = {
  open: "Open de chat",
  close: "Sluit de chat",
  title: "Botwijzer · chatbot",
  dialog: "Botwijzer",
  region: "Chat",
  conversation: "Gesprek",
  question: "Je vraag",
  send: "Verstuur",
  human: "Medewerker",
  restart: "Nieuw gesprek",
  erase: "Wis gesprek",
  eraseSure: "Dit gesprek voorgoed wissen, met je verzoek aan een medewerker?",
  yes: "Ja",
  no: "Nee",
  eraseYes: "Ja, wis het",
  eraseNo: "Nee, bewaar het",
  erased: "Het gesprek is gewist.",
  eraseFailed: "Het gesprek is nu niet gewist. Probeer het zo nog eens.",
  oldNotErased: "Het vorige gesprek is nu niet gewist. Na een tijd gebeurt dat vanzelf.",
  useful: "Was dit nuttig?",
  thanks: "Dank je wel.",
  rateFailed: "Dat is nu niet bewaard. Probeer het zo nog eens.",
  disclaimer: "Disclaimer",
  sources: "Bronnen",
  fromArticle: "Dit antwoord komt uit het artikel",
  newTab: "opent in een nieuw tabblad",
  offline: "Offline, ik probeer het opnieuw.",
  busy: "Het is nu druk, ik probeer het zo opnieuw.",
  refused: "Dit bericht kon ik niet versturen. Pas het aan en probeer het nog eens.",
  pending: "Wordt verstuurd …",
  earlier: "Eerdere berichten",
  earlierFailed: "De eerdere berichten zijn nu niet te laden. Probeer het zo nog eens.",
  notLoaded: "De chat laadt nu niet. Probeer het zo nog eens.",
  you: "Jij",
  bot: "Botwijzer",
  staff: "Medewerker",
  oneNew: "1 nieuw bericht",
  manyNew: "{count} nieuwe berichten",
};

export type Labels = typeof LABELS;

/** The labels with those that a page gives as JSON in place of ours; what is no JSON object changes nothing. */
export function labelsWith(given: string | null): Labels {
  try {
    const own: unknown = JSON.parse(given ?? "{}");
    const known = Object.entries(own ?? {}).filter(([key, value]) => key in LABELS && typeof value === "string");
    return { ...LABELS, ...Object.fromEntries(known) };
  } catch {
    return LABELS;
  }
}
