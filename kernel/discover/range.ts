import semver from 'semver'

/** True when the version lies in the range. Prereleases count, so that a plugin can be tried before its release. */
export function inRange(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true })
}

/** True when every version of the range shares one major: `^1.2.0`, `1.x`, `>=1.2 <2`, but not `*`, `>=1` or `^1 || ^3`. */
export function pinsOneMajor(range: string): boolean {
  if (semver.validRange(range) === null) return false
  const parts = new semver.Range(range).set
  const majors = parts.map(comparators => onlyMajor(comparators))
  return majors.every(major => major !== null && major === majors[0])
}

function onlyMajor(comparators: readonly semver.Comparator[]): number | null {
  const part = comparators.map(comparator => comparator.value).join(' ')
  const lowest = semver.minVersion(part || '*')
  if (lowest === null) return null
  const next = `${lowest.major + 1}.0.0`
  // Comparators of one part are joined by "and", so a part is one interval: leaving the major upwards means meeting the next.
  return semver.satisfies(next, part || '*') || semver.satisfies('999999.0.0', part || '*') ? null : lowest.major
}
