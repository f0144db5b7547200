// Applies what /api/stream sends as "delta" to the object before it: a member takes the place of the one before, and one whose
// name begins with "~" changes it: an object's members likewise, an array by [length, index, element, index, element ...].

function changedArray(before, [length, ...pairs]) {
  const made = before.slice(0, length);
  for (let i = 0; i < pairs.length; i += 2) {
    made[pairs[i]] = pairs[i + 1];
  }
  return made;
}

export function changed(before, delta) {
  const made = {...before};
  for (const [name, value] of Object.entries(delta)) {
    if (!name.startsWith('~')) {
      made[name] = value;
    } else {
      const of = name.slice(1);
      made[of] = Array.isArray(value) ? changedArray(before[of], value) : changed(before[of], value);
    }
  }
  return made;
}
