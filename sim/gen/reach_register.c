/* SPDX-License-Identifier: MIT */
/* Which registers and commands were used. */
#include "gen/reach_inside.h"

unsigned reach_register_row(unsigned off)
{
    static const struct {
        uint16_t off;
        uint8_t row;
    } rows[] = {{REG_VER, 0},      {REG_CAP, 0},         {0x0c, 0},        {REG_ECAP, 0},
                {0x14, 0},         {REG_GCMD, 1},        {REG_GSTS, 2},    {REG_RTADDR, 3},
                {0x24, 3},         {REG_CCMD, 4},        {REG_CCMD_HI, 5}, {REG_FSTS, 6},
                {REG_FECTL, 7},    {REG_FEDATA, 8},      {REG_FEADDR, 9},  {REG_FEUADDR, 10},
                {0x58, 11},        {0x64, 11},           {0x68, 11},       {0x6c, 11},
                {0x70, 11},        {0x78, 11},           {REG_IQH, 12},    {0x84, 12},
                {REG_IQT, 13},     {0x8c, 13},           {REG_IQA, 14},    {0x94, 14},
                {REG_ICS, 15},     {REG_IECTL, 16},      {REG_IEDATA, 17}, {REG_IEADDR, 18},
                {REG_IEUADDR, 19}, {REG_IQERCD, 20},     {REG_IRTA, 21},   {0xbc, 21},
                {REG_IVA, 23},     {0xf4, 23},           {REG_IOTLB, 24},  {REG_IOTLB_HI, 25},
                {0x100, 26},       {0x108, 26},          {REG_FRCD, 27},   {REG_FRCD + 4, 27},
                {REG_FRCD_HI, 28}, {REG_FRCD_HI + 4, 28}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].off == off)
            return rows[i].row;
    if (off >= 0xc0 && off < 0xf0)
        return 22;
    return off >= VTD_REG_BYTES ? 29 : REACH_ROWS;
}

/* Levels are what they were before the write; a command is counted when it asks for a change. */
static void command(struct reach *r, uint32_t val)
{
    static const struct {
        uint32_t bit;
        unsigned row;
    } always[] = {{GCMD_SRTP, 2},          {GCMD_SIRTP, 6},         {UINT32_C(1) << 29, 9},
                  {UINT32_C(1) << 28, 10}, {UINT32_C(1) << 27, 11}, {UINT32_C(1) << 23, 12}};
    uint32_t changed = r->gsts ^ val;
    bool te = r->gsts & GCMD_TE;

    if (changed & GCMD_TE)
        reach_hit(r, REACH_COMMAND, val & GCMD_TE ? 0 : 1, te);
    if ((changed & GCMD_TE) && (val & GCMD_SRTP))
        reach_hit(r, REACH_COMMAND, 3, te);
    if (changed & GCMD_QIE)
        reach_hit(r, REACH_COMMAND, val & GCMD_QIE ? 4 : 5, te);
    if (changed & GCMD_IRE)
        reach_hit(r, REACH_COMMAND, val & GCMD_IRE ? 7 : 8, te);
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        if (val & always[i].bit)
            reach_hit(r, REACH_COMMAND, always[i].row, te);
    if (val & 0x7fffff)
        reach_hit(r, REACH_COMMAND, 13, te);
}

void reach_written(struct reach *r, unsigned off, uint64_t val, bool wide)
{
    uint64_t tail = val >> 4 & 0x7fff;

    reach_hit(r, REACH_REGISTER, reach_register_row(off), wide);
    if (off == REG_GCMD)
        command(r, (uint32_t)val);
    if (off == REG_IQA)
        r->iqa = wide ? val : (r->iqa & ~UINT64_C(0xffffffff)) | val;
    if (off == REG_IQA && (val & IQA_DW))
        reach_hit(r, REACH_QUEUE, val & IQA_QS, 3);
    if (off == REG_IQT && (r->gsts & GCMD_QIE) && tail < r->tail)
        reach_hit(r, REACH_QUEUE, r->iqa & IQA_QS, 2);
    if (off == REG_IQT)
        r->tail = tail;
}
