// What the server says, as plain values. Pure. Unknown and missing elements mean nothing.

import { Element } from "../wire/codec.js";
import { fromBase64 } from "../wire/values.js";

/**
 * The code of an answer and what is said to it; null for an answer that has none, which means success.
 * @param {Element} content
 * @returns {{code: number, description: string} | null}
 */
export function resultOf(content) {
  const result = content.find("Result");
  const code = Number(result?.textOf("Code") || NaN);
  return Number.isNaN(code) ? null : { code, description: result?.textOf("Description") ?? "" };
}

/** A number in an element, null where there is none. @param {Element | null} element */
export function numberOf(element) {
  return element && /^[0-9]{1,10}$/.test(element.text) ? Number(element.text) : null;
}

/** The lists of a GetList-Response, each once, the default one last. @param {Element} answer @returns {string[]} */
export function listsOf(answer) {
  const fallback = answer.textOf("DefaultContactList");
  const others = [...answer.all("ContactList"), ...(answer.find("ContactListIDList")?.all("ContactList") ?? [])];
  const found = new Set(others.map((each) => each.text).filter((each) => each && each !== fallback));
  return fallback ? [...found, fallback] : [...found];
}

/** The members of a ListManage-Response. @param {Element} answer @returns {{userId: string, nickname: string}[]} */
export function membersOfList(answer) {
  const entries = answer.find("NickList")?.children ?? [];
  const read = (entry) =>
    entry.name === "UserID"
      ? { userId: entry.text, nickname: "" }
      : { userId: entry.textOf("UserID") || entry.textOf("User", "UserID"), nickname: entry.textOf("Name") };
  return entries.map(read).filter(({ userId }) => userId);
}

/**
 * @typedef {object} Presence
 * @property {string} userId
 * @property {"AVAILABLE"|"NOT_AVAILABLE"|"DISCREET"|""} availability "" for offline
 * @property {string} statusText
 * @property {Blob | null} picture
 */

/**
 * What a phone makes of the presence of somebody: only qualified values count, and who is not online is offline.
 * @param {Element} content with Presence elements
 * @returns {Presence[]}
 */
export function presencesOf(content) {
  return content.all("Presence").map((presence) => {
    const values = presence.find("PresenceSubList") ?? new Element("PresenceSubList");
    const value = (name) => (values.textOf(name, "Qualifier") === "T" ? values.textOf(name, "PresenceValue") : "");
    return {
      userId: presence.textOf("UserID"),
      availability: value("OnlineStatus") === "T" ? available(value("UserAvailability")) : "",
      statusText: value("StatusText"),
      picture: statusPicture(values.find("StatusContent")),
    };
  });
}

/** @param {string} text @returns {"AVAILABLE"|"NOT_AVAILABLE"|"DISCREET"} */
function available(text) {
  return text === "NOT_AVAILABLE" || text === "DISCREET" ? text : "AVAILABLE";
}

/** @param {Element | null} content */
function statusPicture(content) {
  if (!content || content.textOf("Qualifier") !== "T" || !content.textOf("DirectContent")) {
    return null;
  }
  return pictureOf(content.textOf("DirectContent"), content.textOf("ContentType"));
}

/** A picture of BASE64, null where it is none. Only types that a page may show as a picture. @returns {Blob | null} */
function pictureOf(base64, type) {
  const kind = type.toLowerCase().split(";")[0].trim();
  if (!/^image\/(?:png|jpeg|gif|bmp|webp|vnd\.wap\.wbmp)$/.test(kind)) {
    return null;
  }
  try {
    return new Blob([fromBase64(base64)], { type: kind });
  } catch {
    return null;
  }
}

/**
 * @typedef {object} Received A message that came in.
 * @property {string} messageId
 * @property {string} peer a user, or the group
 * @property {string} from who wrote it: a user, or a screen name in the group
 * @property {boolean} group
 * @property {boolean} private to this phone alone, in a group
 * @property {string} text
 * @property {number | null} at milliseconds since 1970, as far as it is said
 * @property {Blob | null} picture
 */

/** @param {Element} content a NewMessage or GetMessage-Response @returns {Received} */
export function messageOf(content) {
  const info = content.find("MessageInfo") ?? new Element("MessageInfo");
  const type = info.textOf("ContentType") || "text/plain";
  const data = content.textOf("ContentData");
  const isText = type.toLowerCase().startsWith("text/");
  const picture = isText ? null : pictureOf(data, type);
  const text = isText ? data : picture ? "" : `[${type}]`;
  const common = { messageId: info.textOf("MessageID"), text, at: timeOf(info.textOf("DateTime")), picture };
  const group = info.at("Sender", "Group");
  if (!group) {
    const from = info.textOf("Sender", "User", "UserID");
    return { ...common, peer: from, from, group: false, private: false };
  }
  const peer = group.textOf("ScreenName", "GroupID") || group.textOf("GroupID");
  const isPrivate = !info.at("Recipient", "Group");
  return { ...common, peer, from: group.textOf("ScreenName", "SName"), group: true, private: isPrivate };
}

/** YYYYMMDDThhmmssZ, with or without seconds and zone, in milliseconds since 1970. @param {string} text @returns {number | null} */
export function timeOf(text) {
  const found = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)?(?:\.\d+)?(Z?)$/.exec(text);
  if (!found) {
    return null;
  }
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((digits) => Number(digits ?? 0));
  const parts = /** @type {const} */ ([year, month - 1, day, hour, minute, second]);
  return found[7] ? Date.UTC(...parts) : new Date(...parts).getTime();
}

/**
 * The people in a list of a group, in whichever form they stand there: screen names, or user ids where there are none.
 * @param {Element | null} lists JoinGroup-Response, Joined or Left
 * @returns {string[]}
 */
export function membersOfGroup(lists) {
  const found = [];
  for (const list of [lists, lists?.find("Joined")].filter(Boolean)) {
    for (const entry of list.find("UserList")?.children ?? []) {
      found.push(entry.textOf("SName") || entry.textOf("UserID"));
    }
    for (const mapping of list.find("UserMapList")?.children ?? []) {
      const flat = mapping.find("SName") ? [mapping] : mapping.all("Mapping");
      found.push(...flat.map((each) => each.textOf("SName") || each.textOf("UserID")));
    }
  }
  return found.filter(Boolean);
}

/** Properties of a group, by name in small letters. @param {Element} content with GroupProperties @returns {Map<string, string>} */
export function propertiesOf(content) {
  const properties = content.find("GroupProperties")?.all("Property") ?? [];
  return new Map(properties.map((each) => [each.textOf("Name").toLowerCase(), each.textOf("Value")]));
}

/** The users and groups of a Search-Response. @param {Element} answer @returns {string[]} */
export function findingsOf(answer) {
  const result = answer.find("SearchResult") ?? new Element("SearchResult");
  const users = result.find("UserList")?.children ?? [];
  const groups = result.find("GroupList")?.children ?? [];
  const id = (entry, name) => (entry.name === name ? entry.text : entry.textOf(name));
  return [...users.map((each) => id(each, "UserID")), ...groups.map((each) => id(each, "GroupID"))].filter(Boolean);
}
