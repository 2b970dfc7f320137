/* SPDX-License-Identifier: MIT */
/*
 * Calls that must not compile: each CASE hands one kind of address where another is wanted. CASE 0
 * is the right use of all of them, which shows that the others fail for their own reason. See
 * cli/compile_fail.sh.
 */
#include "base/rangemap.h"
#include "guest_mem.h"
#include "notifier.h"
#include "vtd_model.h"

int use(struct guest_mem *m, struct rangemap *map, struct vtd_unit *u);

int use(struct guest_mem *m, struct rangemap *map, struct vtd_unit *u)
{
    iova_t in = iova(0x1000);
    gpa_t out = gpa(0x2000);
    bdf_t who = bdf(0x10);
    did_t domain = did(5);
    uint64_t number = 0x3000;
    struct iommu_event e = event_map(iova_range(0, 0xfff), out, PERM_R);

#if CASE == 0
    in = iova(number + domain.v);
    out = gpa_add(out, 8);
    (void)rangemap_at(map, in);
    (void)guest_mem_page(m, out);
    (void)vtd_translate(u, who, in, true);
#elif CASE == 1 /* an IOVA to read guest memory at */
    (void)guest_mem_page(m, in);
#elif CASE == 2 /* a GPA looked up in a map of IOVAs */
    (void)rangemap_at(map, out);
#elif CASE == 3 /* the target of a mapping given as an IOVA */
    e = event_map(iova_range(0, 0xfff), in, PERM_R);
#elif CASE == 4 /* a bare number as a GPA */
    (void)guest_mem_page(m, number);
#elif CASE == 5 /* assignment */
    out = in;
#elif CASE == 6 /* translation of a GPA */
    (void)vtd_translate(u, who, out, true);
#elif CASE == 7 /* a domain for a device */
    (void)vtd_translate(u, domain, in, true);
#elif CASE == 8 /* sums of kinds */
    in = gpa_add(in, 8);
#elif CASE == 9 /* comparison */
    return in == out;
#endif
    (void)m, (void)map, (void)u, (void)in, (void)out, (void)who, (void)domain, (void)number;
    return e.type == NOTE_MAP;
}
